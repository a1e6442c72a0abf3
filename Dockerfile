# Two stages: the first installs pinned and hashed packages, the second carries just what runs.
FROM python:3.13-slim AS build
COPY requirements/run.txt /build/run.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
      -r /build/run.txt

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --home-dir /app bot \
 && mkdir /data && chown bot:bot /data
COPY --from=build /venv /venv
COPY bot /app/bot
COPY cogs /app/cogs
WORKDIR /app
USER bot
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/bot.sqlite3 \
    HEALTH_PORT=8080
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['HEALTH_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]

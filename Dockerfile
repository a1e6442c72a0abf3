# Two stages: the first installs pinned and hashed packages, the second carries just what runs.
# The tag moves with Python's and Debian's security fixes; give NAME@sha256:… to build on the very same bytes again.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
COPY requirements/run.txt /build/run.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
      -r /build/run.txt

FROM ${PYTHON_IMAGE}
# The bot's user owns its data and nothing else: packages and code are root's.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin bot \
 && install -d -o bot -g bot -m 700 /data
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

// Talks to the page's own server, and to no other.

/** What the server says in words when something cannot be done; `option` names the field that it is about. */
export class Refused extends Error {
  constructor(sentence, option) {
    super(sentence);
    this.option = option;
  }
}

const UNREACHABLE = "The demo does not answer. Is it still running in its terminal?";

export async function get(path, query) {
  return answer(fetch(`${path}?${new URLSearchParams(query)}`));
}

export async function act(verb, body) {
  return answer(
    fetch(`/api/act/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refused(UNREACHABLE);
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new Refused("The demo failed to answer; its terminal says why.");
  }
  if (!response.ok) throw new Refused(body.error ?? "That did not work.", body.option);
  return body;
}

/** A file as the server wants it. */
export function encodeFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, data: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.onerror = () => reject(new Refused(`“${file.name}” cannot be read. Choose it again.`));
    reader.readAsDataURL(file);
  });
}

/** Follow the server's events as one viewer. Returns a function that stops. */
export function follow(viewerKey, { onChange, onLost, onBack }) {
  let source = null;
  let timer = 0;
  let run = null;
  const open = () => {
    source = new EventSource(`/api/events?as=${encodeURIComponent(viewerKey)}`);
    source.onmessage = (event) => {
      const data = JSON.parse(event.data);
      if (!data.run) return onChange(data);
      if (run !== null && data.run !== run) return location.reload();
      run = data.run;
      onBack();
    };
    source.onerror = () => {
      onLost();
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, 1000);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

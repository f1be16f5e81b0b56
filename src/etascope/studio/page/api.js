// Questions to the server. An answer is JSON, or a stream of events; an error has a sentence.
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-");

export class Failure extends Error {}

let ahead = Promise.resolve();

// Whatever else is asked of a recipe waits for this: the dial has its first points before others take its workers.
export function letAhead(promise) {
  ahead = promise;
}

export async function ask(path, query = {}, signal = undefined, more = {}) {
  const answer = await reach(path, query, signal, more);
  if (answer.status === 204) return null;
  return answer.json().catch((error) => {
    throw lost(error);
  });
}

const LAST = ["run", "cancelled"];

// Call `each` with every event of a stream, until its end; one that ends before its last event was cut off.
export async function stream(path, query, signal, each, first = false) {
  const answer = await reach(path, query, signal, {}, first);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = "", ended = false; ;) {
    const { done, value } = await reader.read().catch((error) => {
      throw lost(error);
    });
    if (done && !ended) throw lost(new Error("cut off"));
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const event = JSON.parse(part.replace(/^data: /, ""));
      if (event.event === "failed") throw new Failure(event.error);
      ended ||= LAST.includes(event.event);
      each(event);
    }
  }
}

// One question of a place of the page at a time: the next ends the one before. `again` asks anew what went wrong.
export function latest(complain) {
  let controller = null;
  return {
    async ask(work, again) {
      controller?.abort();
      controller = new AbortController();
      try {
        await work(controller.signal);
      } catch (error) {
        if (error.name !== "AbortError") complain(error, again);
      }
    },
    end: () => controller?.abort(),
  };
}

async function reach(path, query, signal, more = {}, first = false) {
  if ("optimizer" in query && !first) await ahead;
  // What names a recipe says whose work it is, too.
  const parameters = new URLSearchParams("optimizer" in query ? { ...query, page: PAGE } : query);
  const answer = await fetch(`${path}?${parameters}`, { signal, ...more }).catch((error) => {
    throw lost(error);
  });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  throw new Failure(body.error);
}

function lost(error) {
  if (error.name === "AbortError") return error;
  const failure = new Failure(
    "The studio's server does not answer. Start it again with: etascope studio. Your settings stand in this page's address.",
  );
  failure.lost = true;
  return failure;
}

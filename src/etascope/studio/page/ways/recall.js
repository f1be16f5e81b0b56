// Flip cards and a quiz, answered by the learner's own trainings.
import { ask, latest } from "../api.js";
import { h } from "../elements.js";
import * as landscape from "../landscape.js";
import { nats, percent, words } from "../rates.js";
import { address, get, moved, recipeOf, set } from "../state.js";

export const name = "Recall";

// The questions of the search and of the training, none twice, each with the way that shows why.
export function questionsOf(run, traced) {
  const all = [
    ...(run.quiz ?? []).map((q) => ({ ...q, way: "deep-dive", title: "Deep dive" })),
    ...traced.map((q) => ({ ...q, way: "trace", title: "Trace" })),
  ];
  return all.filter((q, n) => all.findIndex((other) => other.text === q.text) === n);
}

export function standingWords(score, total) {
  const right = [...score.values()].filter(Boolean).length;
  return score.size
    ? `${right} of ${score.size} right at the first try; ${total} questions in all.`
    : `${total} questions.`;
}

function flipCard(front, back, isOpen) {
  const card = h("details", { class: "card flip" }, h("summary", {}, front), h("p", {}, back));
  card.open = isOpen;
  return card;
}

function seeWhy({ way, title }) {
  const onclick = (event) => {
    event.preventDefault();
    set({ way });
  };
  return h("a", { href: address({ ...get(), way }), onclick }, `See why in ${title}.`);
}

// A question; `chosen` is told its number and whether the answer was right.
function form(question, n, chosen) {
  const answer = h("p", { role: "status" });
  const choose = (i) => {
    const right = i === question.answer;
    answer.replaceChildren(
      h("b", {}, right ? "Right. " : "Not so. "),
      question.reason,
      " ",
      right ? "" : seeWhy(question),
    );
    chosen(n, right);
  };
  const option = (text, i) =>
    h(
      "label",
      { class: "option" },
      h("input", { type: "radio", name: `question-${n}`, onchange: () => choose(i) }),
      text,
    );
  return h(
    "fieldset",
    { class: "card" },
    h("legend", {}, `${n + 1}. ${question.text}`),
    question.options.map(option),
    answer,
  );
}

export function open(into, complain) {
  let later = 0,
    traced = [],
    score = new Map();
  const tracing = latest(complain),
    cards = h("div", { class: "columns" }),
    quiz = h("div"),
    standing = h("p", { role: "status" });
  into.append(
    h("h2", {}, "Recall: what did your own trainings show?"),
    h("p", {}, "Say the answer to yourself, then turn the card. All answers come from what was just trained."),
    cards,
    h("h3", {}, "Quiz"),
    standing,
    quiz,
  );

  async function load() {
    tracing.end();
    traced = [];
    if (get().run) {
      draw();
      return;
    }
    await tracing.ask(async (signal) => {
      traced = (await ask("/api/trace", { ...recipeOf(get()), learning_rate: get().lr, image: 0 }, signal)).quiz;
      complain(null);
      draw();
    }, load);
  }

  function draw() {
    const { run } = landscape.now;
    if (!run) {
      cards.replaceChildren(h("p", { class: "note" }, "The landscape is being trained."));
      return;
    }
    const all = landscape.points(landscape.now);
    if (!all.some((at) => Number.isFinite(at.loss))) {
      cards.replaceChildren(
        h("p", { class: "note" }, "No training of this run came to the end of an epoch with a finite loss."),
      );
      return;
    }
    const faces = cardsOf(run, all, get().lr);
    // A card that was turned stays so.
    const turned = [...cards.querySelectorAll("details[open] summary")].map((front) => front.textContent);
    cards.replaceChildren(...faces.map(([front, back]) => flipCard(front, back, turned.includes(front))));
    score = new Map();
    const questions = questionsOf(run, traced),
      tell = () => {
        standing.textContent = standingWords(score, questions.length);
      };
    const chosen = (n, right) => {
      if (!score.has(n)) score.set(n, right);
      tell();
    };
    quiz.replaceChildren(...questions.map((question, n) => form(question, n, chosen)));
    tell();
  }

  const stop = landscape.subscribe((now) => {
    if (now.done || !now.trials.length) draw();
  });
  load();
  return {
    change(state, before) {
      if (moved(state, before) || state.lr !== before.lr) {
        traced = [];
        clearTimeout(later);
        later = setTimeout(load, 150);
      }
    },
    close() {
      stop();
      clearTimeout(later);
      tracing.end();
    },
  };
}

// Questions with their answers, all from what was trained.
export function cardsOf(run, all, lr) {
  const best = all.reduce((a, b) => (b.loss < a.loss ? b : a)),
    here = landscape.nearest(all, lr),
    unit = landscape.lossLabel(landscape.measureOf(run)),
    // For a measure of a script's own nobody knows what a blind guess would have.
    blind = run.guess?.loss ?? NaN,
    guess = blind ? `; a blind guess has ${nats(blind)}` : "";
  const far = all.filter((at) => at.rate >= 20 * best.rate),
    small = all.filter((at) => at.rate <= best.rate / 20);
  return [
    [
      "Which learning rate is recommended for this recipe?",
      run.learning_rate === null
        ? "It cannot be told yet."
        : `${words(run.learning_rate)}. The lowest loss that was measured is ${nats(best.loss)} (${unit}), at ${words(best.rate)}.`,
    ],
    [
      "How wide is the basin, the rates that cannot be told apart from the best?",
      run.basin
        ? `From ${words(run.basin.low)} to ${words(run.basin.high)}: a factor of ${(run.basin.high / run.basin.low).toFixed(1)}.`
        : "No basin could be told here.",
    ],
    !Number.isFinite(here.loss)
      ? [`What became of the model at ${words(here.rate)}?`, "It diverged: its loss stopped being a finite number."]
      : Number.isFinite(here.accuracy)
        ? [
            `What share of the validation images does the model at ${words(here.rate)} get right?`,
            `${percent(here.accuracy)}; at the lowest loss it is ${percent(best.accuracy)}.`,
          ]
        : [
            `At which loss does the training at ${words(here.rate)} end?`,
            `${nats(here.loss)} (${unit}); the lowest is ${nats(best.loss)}.`,
          ],
    far.length
      ? [
          "What becomes of a rate twenty times too large?",
          Number.isFinite(far[0].loss)
            ? `At ${words(far[0].rate)} the loss ends at ${nats(far[0].loss)}${guess}.`
            : `At ${words(far[0].rate)} it diverged.`,
        ]
      : null,
    small.length
      ? [
          "And of one twenty times too small?",
          `At ${words(small.at(-1).rate)} the loss ends at ${nats(small.at(-1).loss)}${guess}: each step went less far, and there were no more of them.`,
        ]
      : null,
  ].filter(Boolean);
}

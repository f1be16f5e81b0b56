// What the tests of the page's modules hold.
export function equal(actual, expected) {
  const [a, b] = [actual, expected].map((value) =>
    JSON.stringify(value, (_, one) => (typeof one === "number" && !Number.isFinite(one) ? String(one) : one)),
  );
  if (a !== b) throw new Error(`expected ${b}, but it is ${a}`);
}

// A trial as documents have it.
export function trial(learning_rate, valid_loss, more = {}) {
  return {
    learning_rate,
    valid_loss,
    train_loss: valid_loss,
    valid_accuracy: valid_loss.map(() => 0.5),
    status: "trained",
    fold: 0,
    ...more,
  };
}

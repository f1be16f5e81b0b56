import { equal } from "./assertions.js";
import { axis, begin, colour, customaryRate, nats, percent, place, rateAt, words } from "/rates.js";

export function a_place_leads_back_to_its_rate() {
  equal([place(1e-5), place(10)], [0, 1]);
  equal(
    [0.001, 0.0178, 3.16].map((rate) => rateAt(place(rate))),
    [0.001, 0.0178, 3.16],
  );
  equal([rateAt(-1), rateAt(2)], [1e-5, 10]);
}

export function rates_are_written_with_three_digits() {
  equal([0.01234, 0.5, 10, 0.00001, 2.346e-4].map(words), ["0.0123", "0.5", "10", "1e-5", "2.35e-4"]);
}

export function a_share_is_never_called_all_or_nothing_that_is_not() {
  equal([0, 0.001, 0.5, 0.996, 1, null, "NaN"].map(percent), ["0 %", "< 1 %", "50 %", "> 99 %", "100 %", "unknown", "unknown"]);
}

export function losses_have_two_digits_where_they_are_small() {
  equal([0, 0.0123, 0.5, 2.345, 123.4, null, "inf"].map(nats), ["0.00", "0.012", "0.50", "2.35", "123", "not finite", "not finite"]);
}

export function colours_lie_between_those_that_are_given() {
  begin({ rates: [0.01, 1], light: ["#000000", "#ff0000"], dark: ["#000000", "#ff0000"] }, axis, { sgd: 0.01 });
  equal([colour(0.001), colour(0.1), colour(5)], ["rgb(0 0 0)", "rgb(128 0 0)", "rgb(255 0 0)"]);
  equal(customaryRate("sgd"), 0.01);
}

"""What a run looks like: Vega-Lite charts, one specification for every output."""

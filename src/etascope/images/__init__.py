"""Where pictures come from: every door opens to a `Dataset`."""

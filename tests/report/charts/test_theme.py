from etascope.report.charts.theme import CONFIG, DARK, LIGHT, themed


def tokens_in(node):
    if isinstance(node, str):
        return {node} if node.startswith("@") else set()
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return set().union(*map(tokens_in, children))


def test_every_token_is_replaced_at_any_depth():
    spec = {"config": CONFIG, "layer": [{"mark": {"color": "@accent"}, "scale": {"range": "@rates"}}]}
    done = themed(spec, DARK, ["#111111"])
    assert tokens_in(spec) >= {"@accent", "@rates", "@ink", "@quiet", "@grid", "@ground"}
    assert tokens_in(done) == set()
    assert done["layer"][0] == {"mark": {"color": DARK.accent}, "scale": {"range": ["#111111"]}}
    assert done["config"]["background"] == DARK.ground


def test_data_are_left_alone():
    spec = {"data": {"values": [{"said": "@ink"}]}}
    assert themed(spec, LIGHT, []) == spec


def test_both_grounds_name_the_same_tokens():
    assert set(LIGHT.tokens) == set(DARK.tokens)
    assert all(LIGHT.tokens[name] != DARK.tokens[name] for name in LIGHT.tokens)

"""What a panel of a chart holds."""


def layers(panel, kind, **style):
    """Return the layers of a kind of mark, whose mark has this style."""
    return [
        layer
        for layer in panel["layer"]
        if layer["mark"]["type"] == kind and all(layer["mark"].get(k) == v for k, v in style.items())
    ]


def rows_of(panel, kind, **style):
    """Return the data of those layers."""
    return [row for layer in layers(panel, kind, **style) for row in layer["data"]["values"]]


def domains(chart):
    """Return the ends of every axis of learning rates in a chart, without repetition."""
    return {
        tuple(layer["encoding"]["x"]["scale"]["domain"])
        for panel in chart.panels
        for layer in panel["layer"]
        if "scale" in layer["encoding"].get("x", {})
    }

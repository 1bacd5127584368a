"""Values of properties, as authors write them, and names of properties that need care."""

from __future__ import annotations

from hypothesis import strategies as st

TEXT = st.text(alphabet="ab{}[]\"'\\:,1 \n$x}{", max_size=12)
SCALARS = (
    st.sampled_from(["null", "true", "1", "-1", "-0", "1.5", "-0.0", "1e300", "$a", "x.y[0]", "9223372036854775807"])
    | st.sampled_from(["-9223372036854775808", "`a``b`.`}}`", "x.`in.name`", "{}", "[]", "$`{{`"])
    | TEXT.map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("{{", "\\{{") + "'")
    | st.builds(
        "'{} {{{{ {} }}}}{}'".format,
        st.sampled_from(["", "[", "{", "a", "{\\{{", "\\{{"]),
        st.sampled_from(["$a", "{k: 1}"]),
        st.sampled_from(["", "]", "}", " "]),
    )
    | st.sampled_from(["'{{ $a }}'", '\'{"a": "{{ $a }}"}\'', "'[1]'", "'{{ \\'{{\\' }}{{ $b }}'", "'{\\{{{{ $a }}'"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(st.sampled_from(["k", "`two words`", "名", '`"`']), inner, max_size=3).map(
            lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
        )
        | st.builds("coalesce({}, {})".format, inner, inner)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "`name`",
        "part",
        "`in.name`",
        "`in.`",
        "`in.in.`",
        "`in.in.part`",
        "x",
        "`in.timeout`",
        "`in.x`",
        "`cx.id`",
        "`in.cx.id`",
    ]
)

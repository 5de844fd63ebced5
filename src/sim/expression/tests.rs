//! Expressions and what comes of them. What is expected is what the documentation of Kubernetes and of the language
//! gives as examples, or what their own programs answer.

use super::*;

fn variables() -> Vec<(&'static str, Type)> {
    let spec = Type::object(
        "selfType.spec",
        [
            ("replicas", Type::Int),
            ("name", Type::String),
            ("ratio", Type::Double),
            ("ports", Type::list(Type::Int)),
            ("labels", Type::map(Type::String)),
            ("either", Type::Dyn),
        ],
    );
    vec![("self", Type::object("selfType", [("spec", spec)])), ("object", Type::Dyn)]
}

fn told(text: &str) -> String {
    let expression = match Expression::compile(text, &variables()) {
        Ok(expression) => expression,
        Err(why) => return why,
    };
    let spec = serde_json::json!({
        "replicas": 3, "name": "web-1", "ratio": 0.5, "ports": [80, 443], "labels": {"app": "a"}, "either": "10%",
    });
    let held = Value::from_json(&serde_json::json!({ "spec": spec }));
    let bindings = Bindings::default().with("self", held.clone()).with("object", held);
    match expression.evaluate(&bindings, LIMIT_OF_ONE).0 {
        Ok(value) => functions::shown(&value),
        Err(failure) => format!("error: {failure}"),
    }
}

#[test]
fn an_expression_makes_what_the_language_says() {
    let cases = [
        ("1 + 2 * 3", "7"),
        ("self.spec.replicas > 2 && self.spec.name.startsWith('web')", "true"),
        ("self.spec.ports.all(p, p > 0 && p < 65536)", "true"),
        ("self.spec.ports.exists(p, p == 443)", "true"),
        ("self.spec.ports.exists_one(p, p < 100)", "true"),
        ("self.spec.ports.map(p, p + 1)", "[81, 444]"),
        ("self.spec.ports.map(p, p > 100, p + 1)", "[444]"),
        ("self.spec.ports.filter(p, p > 100)", "[443]"),
        ("self.spec.ports.all(i, p, i < p)", "true"),
        ("self.spec.labels.transformMap(k, v, v + '!')", "{app: a!}"),
        ("self.spec.labels.transformList(k, v, k + v)", "[appa]"),
        ("[1, 2].transformMapEntry(i, v, {v: i})", "{1: 0, 2: 1}"),
        ("'app' in self.spec.labels", "true"),
        ("has(self.spec.labels.app) && !has(self.spec.labels.tier)", "true"),
        ("self.spec.labels.?tier.orValue('none')", "none"),
        ("self.spec.labels[?'app'].optMap(v, v + v).value()", "aa"),
        ("self.spec.labels[?'app'].optFlatMap(v, optional.none()).hasValue()", "false"),
        ("[?optional.of(1), ?optional.none()]", "[1]"),
        ("type(self.spec.either) == string ? 's' : 'i'", "s"),
        ("object.spec.none.deeper == 1", "error: no such key: none"),
        ("object.spec.none.deeper == 1 || true", "true"),
        ("false && object.spec.none == 1", "false"),
        ("1 / (self.spec.replicas - 3)", "error: division by zero"),
        ("self.spec.ports[2]", "error: index out of bounds: 2"),
        ("9223372036854775807 + self.spec.replicas", "error: integer overflow"),
        ("object.spec.name + object.spec.replicas", "error: no such overload"),
        ("dyn(1) == 1.0 && 2u > 1 && 1 < 1.5", "true"),
        ("self.spec.ratio * 2.0", "1"),
        ("[1, 2] + [3]", "[1, 2, 3]"),
        ("{'a': 1, 'b': 2}.map(k, k)", "[a, b]"),
        ("[dyn(1), 'a'] == [dyn(1u), 'a']", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn functions_make_what_their_documentation_says() {
    let cases = [
        ("'hello'.charAt(4) + 'TacoCat'.lowerAscii()", "otacocat"),
        ("'hello mellow'.indexOf('ello', 2)", "7"),
        ("'hello mellow'.lastIndexOf('ello')", "7"),
        ("['hello', 'mellow'].join(' ')", "hello mellow"),
        ("'hello hello'.replace('he', 'we', 1)", "wello hello"),
        ("'hello hello hello'.split(' ', 2)", "[hello, hello hello]"),
        ("'tacocat'.substring(0, 4) + '  trim '.trim()", "tacotrim"),
        ("'tacocat'.substring(4, 2)", "error: invalid substring range. start: 4, end: 2"),
        ("'%s has %d of %.2f'.format([dyn('a'), 3, 1.5])", "a has 3 of 1.50"),
        ("'%s'.format([[dyn('a'), 1]])", "[\"a\", 1]"),
        ("'abc 123'.find('[0-9]*$')", "123"),
        ("'123 abc 456'.findAll('[0-9]+')", "[123, 456]"),
        ("'123 abc 456'.findAll('[0-9]+', 1)", "[123]"),
        ("[1, 3].isSorted() && [1, 3].sum() == 4 && [1, 3].max() == 3 && ['b', 'a'].min() == 'a'", "true"),
        ("[1, 2, 2].indexOf(2) == 1 && [1, 2, 2].lastIndexOf(2) == 2", "true"),
        ("[].sum() == 0", "true"),
        ("lists.range(3).reverse() + [3, 1, 2].sort().slice(0, 2) + [1, 1].distinct()", "[2, 1, 0, 1, 2, 1]"),
        ("[[1], [2, 3]].flatten()", "[1, 2, 3]"),
        (
            "sets.contains([1, 2], [2]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 1], [1])",
            "true",
        ),
        ("quantity('1.5Gi').isGreaterThan(quantity('1G')) && isQuantity('50k') && !isQuantity('x')", "true"),
        ("quantity('50k').add(20).sub(quantity('20')).compareTo(quantity('50k')) == 0", "true"),
        ("quantity('50k').asInteger()", "50000"),
        ("quantity('500m').asInteger()", "error: cannot convert value to integer"),
        ("url('https://[::1]:80/a b?k=a&k=b').getHost()", "[::1]:80"),
        ("url('https://example.com:80/path?k=a&k=b&l=c').getQuery()", "{k: [a, b], l: [c]}"),
        ("url('https://example.com/path with spaces/').getEscapedPath()", "/path%20with%20spaces/"),
        ("isURL('../relative') || isURL('x')", "false"),
        ("ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && !isIP('1.2.3')", "true"),
        ("ip.isCanonical('2001:DB8::abcd')", "false"),
        (
            "cidr('192.168.0.0/24').containsIP('192.168.0.9') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
            "true",
        ),
        ("cidr('192.168.0.9/24').masked()", "192.168.0.0/24"),
        ("semver('v1.2', true).isLessThan(semver('1.3.0')) && isSemver('1.0.0-a') && !isSemver('1')", "true"),
        ("semver('1.2.3').minor()", "2"),
        ("format.dns1123Label().validate('my-label').hasValue()", "false"),
        ("duration('1h30m').getMinutes() == 90 && duration('1m') > duration('59s')", "true"),
        ("timestamp('2024-01-31T10:20:30Z') + duration('24h')", "2024-02-01T10:20:30Z"),
        ("timestamp('2024-01-31T10:20:30Z').getDayOfWeek()", "3"),
        ("string(duration('1.5s')) + string(2.5) + string(true)", "1.5s2.5true"),
        ("int('12') + int(3.7) + int(2u)", "17"),
        ("int('x')", "error: type conversion error from 'string' to 'int'"),
        ("'abc'.matches('^a.c$') && size('héllo') == 5", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_told_in_the_words_of_the_language() {
    let cases = [
        ("self.none", "ERROR: <input>:1:5: undefined field 'none'\n | self.none\n | ....^"),
        (
            "other == 1",
            "ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other == 1\n | ^",
        ),
        (
            "self.spec.name == 1",
            "ERROR: <input>:1:16: found no matching overload for '_==_' applied to '(string, int)'\n | self.spec.name == 1\n | ...............^",
        ),
        (
            "self.spec.name.contains(1)",
            "ERROR: <input>:1:24: found no matching overload for 'contains' applied to 'string.(int)'\n | self.spec.name.contains(1)\n | .......................^",
        ),
        (
            "self.spec.name.first",
            "ERROR: <input>:1:15: type 'string' does not support field selection\n | self.spec.name.first\n | ..............^",
        ),
        (
            "self.spec.replicas.all(x, true)",
            "ERROR: <input>:1:10: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.spec.replicas.all(x, true)\n | .........^",
        ),
        ("[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^"),
        (
            "self.spec.ports.all(p, p + 1)",
            "ERROR: <input>:1:26: expected type 'bool' but found 'int'\n | self.spec.ports.all(p, p + 1)\n | .........................^",
        ),
        (
            "self.spec.name.matches('(')",
            "ERROR: <input>:1:24: invalid matches argument\n | self.spec.name.matches('(')\n | .......................^",
        ),
        (
            "self.spec.replicas >",
            "ERROR: <input>:1:21: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.spec.replicas >\n | ....................^",
        ),
        (
            "'a' too many",
            "ERROR: <input>:1:5: Syntax error: mismatched input 'too' expecting <EOF>\n | 'a' too many\n | ....^",
        ),
        (
            "true ? 1",
            "ERROR: <input>:1:9: Syntax error: mismatched input '<EOF>' expecting ':'\n | true ? 1\n | ........^",
        ),
        (
            "f(1 2 3)",
            "ERROR: <input>:1:5: Syntax error: mismatched input '2' expecting ')'\n | f(1 2 3)\n | ....^",
        ),
        ("has(self)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^"),
    ];
    for (text, expected) in cases {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn an_expression_that_runs_away_is_stopped() {
    let squared = "lists.range(2000).all(a, lists.range(2000).all(b, a + b >= 0))";
    assert_eq!(told(squared), "error: operation cancelled: actual cost limit exceeded");
    assert_eq!(
        told("lists.range(999999999999).size() > 0"),
        "error: operation cancelled: actual cost limit exceeded"
    );
}

#[test]
fn an_expression_that_nests_too_deep_is_refused_and_takes_no_stack() {
    let deep = "ERROR: <input>:-1:0: max recursion depth exceeded";
    let nested = "ERROR: <input>:-1:0: expression recursion limit exceeded: 250";
    let cases = [
        (format!("1{} > 0", "+1".repeat(3000)), deep),
        (format!("1{} > 0", "+1".repeat(300)), deep),
        (format!("object{} == 1", ".a".repeat(300)), deep),
        (format!("{}true", "true ? false : ".repeat(2100)), deep),
        (format!("{}true", "true ? false : ".repeat(900)), nested),
        (format!("{}1{} > 0", "(".repeat(300), ")".repeat(300)), nested),
        (format!("{}1{} > 0", "(".repeat(200), ")".repeat(200)), "true"),
        (format!("true{}", " && true".repeat(400)), "true"),
        (
            format!("'{}' == ''", "x".repeat(100_000)),
            "ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100008, limit 100000",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(told(&text), expected, "{}", &text[..20]);
    }
}

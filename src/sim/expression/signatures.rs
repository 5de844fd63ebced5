//! The functions that expressions may call: those of the Common Expression Language and its extensions that Kubernetes
//! 1.36 has turned on, and Kubernetes' own. What they do is `functions`' matter.

use super::types::{self, Type};
use super::unify::Known;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// One way to call a function.
#[derive(Debug)]
pub(super) struct Signature {
    /// Whether the first argument is the target of the call.
    pub(super) method: bool,
    args: Vec<Type>,
    result: Type,
    /// How many types are left open.
    open: u32,
}

impl Signature {
    /// Arguments and result, the types that are left open not known yet.
    pub(super) fn instance(&self, known: &mut Known) -> (Vec<Type>, Type) {
        let fresh: Vec<Type> = (0..self.open).map(|_| known.fresh()).collect();
        let args = self.args.iter().map(|arg| put_in(arg, &fresh)).collect();
        (args, put_in(&self.result, &fresh))
    }
}

fn put_in(of: &Type, fresh: &[Type]) -> Type {
    let inner = |of: &Arc<Type>| Arc::new(put_in(of, fresh));
    match of {
        Type::Variable(number) => fresh[*number as usize].clone(),
        Type::List(of) => Type::List(inner(of)),
        Type::Optional(of) => Type::Optional(inner(of)),
        Type::Kind(Some(of)) => Type::Kind(Some(inner(of))),
        Type::Map(key, value) => Type::Map(inner(key), inner(value)),
        other => other.clone(),
    }
}

/// The ways to call a function; `None` where there is no function of that name.
pub(super) fn of(name: &str) -> Option<&'static [Signature]> {
    TABLE.get(name).map(Vec::as_slice)
}

/// Whether there is a function of that name.
pub(super) fn is_declared(name: &str) -> bool {
    TABLE.contains_key(name)
}

static TABLE: LazyLock<BTreeMap<&'static str, Vec<Signature>>> = LazyLock::new(|| {
    let mut table: BTreeMap<&'static str, Vec<Signature>> = BTreeMap::new();
    for line in DECLARED.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, ways) = line.split_once(' ').unwrap_or((line, ""));
        table.entry(name).or_default().extend(ways.split(" | ").map(signature));
    }
    for format in &super::functions::FORMATS {
        table.entry(format.function).or_default().push(signature("() kubernetes.NamedFormat"));
    }
    table
});

/// Reads `target.(args) result`, or `(args) result`.
fn signature(text: &'static str) -> Signature {
    let mut reader = Reader { rest: text.trim(), open: 0 };
    let mut args = Vec::new();
    let method = !reader.rest.starts_with('(');
    if method {
        args.push(reader.one());
        reader.take(".");
    }
    reader.take("(");
    while !reader.rest.starts_with(')') {
        args.push(reader.one());
        reader.take(", ");
    }
    reader.take(") ");
    let result = reader.one();
    Signature { method, args, result, open: reader.open }
}

struct Reader {
    rest: &'static str,
    open: u32,
}

impl Reader {
    fn take(&mut self, text: &str) {
        self.rest = self.rest.strip_prefix(text).unwrap_or(self.rest);
    }

    fn one(&mut self) -> Type {
        let end = self.rest.find(['(', ')', ',', ' ']).unwrap_or(self.rest.len());
        let mut name = &self.rest[..end];
        // The dot before the arguments is none of the type's.
        name = name.strip_suffix('.').unwrap_or(name);
        self.rest = &self.rest[name.len()..];
        let of = |reader: &mut Reader| {
            reader.take("(");
            let inner = reader.one();
            reader.take(", ");
            inner
        };
        let whole = match name {
            "list" => Type::list(of(self)),
            "optional" => Type::optional(of(self)),
            "type" => Type::Kind(Some(Arc::new(of(self)))),
            "map" => {
                let key = of(self);
                let value = self.one();
                Type::Map(Arc::new(key), Arc::new(value))
            }
            _ => return self.plain(name),
        };
        self.take(")");
        whole
    }

    fn plain(&mut self, name: &'static str) -> Type {
        match name {
            "dyn" => Type::Dyn,
            "null" => Type::Null,
            "duration" => Type::Duration,
            "timestamp" => Type::Timestamp,
            "A" | "B" => {
                let number = u32::from(name == "B");
                self.open = self.open.max(number + 1);
                Type::Variable(number)
            }
            name => match types::named(name) {
                Some(Type::Kind(Some(of))) => (*of).clone(),
                Some(_) | None => Type::Opaque(name),
            },
        }
    }
}

/// Name and ways to call it, one function a line.
const DECLARED: &str = "
    _?_:_ (bool, A, A) A
    _&&_ (bool, bool) bool
    _||_ (bool, bool) bool
    !_ (bool) bool
    @in (A, list(A)) bool | (A, map(A, B)) bool
    _==_ (A, A) bool
    _!=_ (A, A) bool
    _<_ (bool, bool) bool | (int, int) bool | (int, double) bool | (int, uint) bool | (uint, uint) bool | (uint, double) bool | (uint, int) bool | (double, double) bool | (double, int) bool | (double, uint) bool | (string, string) bool | (bytes, bytes) bool | (timestamp, timestamp) bool | (duration, duration) bool
    _<=_ (bool, bool) bool | (int, int) bool | (int, double) bool | (int, uint) bool | (uint, uint) bool | (uint, double) bool | (uint, int) bool | (double, double) bool | (double, int) bool | (double, uint) bool | (string, string) bool | (bytes, bytes) bool | (timestamp, timestamp) bool | (duration, duration) bool
    _>_ (bool, bool) bool | (int, int) bool | (int, double) bool | (int, uint) bool | (uint, uint) bool | (uint, double) bool | (uint, int) bool | (double, double) bool | (double, int) bool | (double, uint) bool | (string, string) bool | (bytes, bytes) bool | (timestamp, timestamp) bool | (duration, duration) bool
    _>=_ (bool, bool) bool | (int, int) bool | (int, double) bool | (int, uint) bool | (uint, uint) bool | (uint, double) bool | (uint, int) bool | (double, double) bool | (double, int) bool | (double, uint) bool | (string, string) bool | (bytes, bytes) bool | (timestamp, timestamp) bool | (duration, duration) bool
    _+_ (bytes, bytes) bytes | (double, double) double | (duration, duration) duration | (duration, timestamp) timestamp | (timestamp, duration) timestamp | (int, int) int | (list(A), list(A)) list(A) | (string, string) string | (uint, uint) uint
    _-_ (double, double) double | (duration, duration) duration | (int, int) int | (timestamp, duration) timestamp | (timestamp, timestamp) duration | (uint, uint) uint
    _*_ (double, double) double | (int, int) int | (uint, uint) uint
    _/_ (double, double) double | (int, int) int | (uint, uint) uint
    _%_ (int, int) int | (uint, uint) uint
    -_ (double) double | (int) int
    _[_] (list(A), int) A | (map(A, B), A) B | (optional(list(A)), int) optional(A) | (optional(map(A, B)), A) optional(B)
    _[?_] (list(A), int) optional(A) | (optional(list(A)), int) optional(A) | (map(A, B), A) optional(B) | (optional(map(A, B)), A) optional(B)
    size (bytes) int | bytes.() int | (list(A)) int | list(A).() int | (map(A, B)) int | map(A, B).() int | (string) int | string.() int
    type (A) type(A)
    bool (bool) bool | (string) bool
    bytes (bytes) bytes | (string) bytes
    double (double) double | (int) double | (string) double | (uint) double
    duration (duration) duration | (int) duration | (string) duration
    dyn (A) dyn
    int (int) int | (double) int | (duration) int | (string) int | (timestamp) int | (uint) int
    string (string) string | (bool) string | (bytes) string | (double) string | (duration) string | (int) string | (timestamp) string | (uint) string | (net.IP) string | (net.CIDR) string
    timestamp (timestamp) timestamp | (int) timestamp | (string) timestamp
    uint (uint) uint | (double) uint | (int) uint | (string) uint
    contains string.(string) bool
    endsWith string.(string) bool
    startsWith string.(string) bool
    matches (string, string) bool | string.(string) bool
    getFullYear timestamp.() int | timestamp.(string) int
    getMonth timestamp.() int | timestamp.(string) int
    getDayOfYear timestamp.() int | timestamp.(string) int
    getDayOfMonth timestamp.() int | timestamp.(string) int
    getDate timestamp.() int | timestamp.(string) int
    getDayOfWeek timestamp.() int | timestamp.(string) int
    getHours timestamp.() int | timestamp.(string) int | duration.() int
    getMinutes timestamp.() int | timestamp.(string) int | duration.() int
    getSeconds timestamp.() int | timestamp.(string) int | duration.() int
    getMilliseconds timestamp.() int | timestamp.(string) int | duration.() int
    optional.of (A) optional(A)
    optional.ofNonZeroValue (A) optional(A)
    optional.none () optional(A)
    value optional(A).() A
    hasValue optional(A).() bool
    or optional(A).(optional(A)) optional(A)
    orValue optional(A).(A) A
    charAt string.(int) string
    indexOf string.(string) int | string.(string, int) int | list(A).(A) int
    lastIndexOf string.(string) int | string.(string, int) int | list(A).(A) int
    lowerAscii string.() string
    upperAscii string.() string
    replace string.(string, string) string | string.(string, string, int) string
    split string.(string) list(string) | string.(string, int) list(string)
    substring string.(int) string | string.(int, int) string
    trim string.() string
    format string.(list(dyn)) string
    strings.quote (string) string
    join list(string).() string | list(string).(string) string
    isSorted list(int).() bool | list(uint).() bool | list(double).() bool | list(bool).() bool | list(duration).() bool | list(timestamp).() bool | list(string).() bool | list(bytes).() bool
    sum list(int).() int | list(uint).() uint | list(double).() double | list(duration).() duration
    max list(int).() int | list(uint).() uint | list(double).() double | list(bool).() bool | list(duration).() duration | list(timestamp).() timestamp | list(string).() string | list(bytes).() bytes
    min list(int).() int | list(uint).() uint | list(double).() double | list(bool).() bool | list(duration).() duration | list(timestamp).() timestamp | list(string).() string | list(bytes).() bytes
    slice list(A).(int, int) list(A)
    flatten list(list(A)).() list(A) | list(dyn).(int) list(dyn)
    sort list(int).() list(int) | list(uint).() list(uint) | list(double).() list(double) | list(bool).() list(bool) | list(duration).() list(duration) | list(timestamp).() list(timestamp) | list(string).() list(string) | list(bytes).() list(bytes)
    lists.range (int) list(int)
    reverse list(A).() list(A)
    distinct list(A).() list(A)
    sets.contains (list(A), list(A)) bool
    sets.equivalent (list(A), list(A)) bool
    sets.intersects (list(A), list(A)) bool
    find string.(string) string
    findAll string.(string) list(string) | string.(string, int) list(string)
    url (string) kubernetes.URL
    isURL (string) bool
    getScheme kubernetes.URL.() string
    getHost kubernetes.URL.() string
    getHostname kubernetes.URL.() string
    getPort kubernetes.URL.() string
    getEscapedPath kubernetes.URL.() string
    getQuery kubernetes.URL.() map(string, list(string))
    quantity (string) kubernetes.Quantity
    isQuantity (string) bool
    sign (kubernetes.Quantity) int
    isGreaterThan kubernetes.Quantity.(kubernetes.Quantity) bool | kubernetes.Semver.(kubernetes.Semver) bool
    isLessThan kubernetes.Quantity.(kubernetes.Quantity) bool | kubernetes.Semver.(kubernetes.Semver) bool
    compareTo kubernetes.Quantity.(kubernetes.Quantity) int | kubernetes.Semver.(kubernetes.Semver) int
    asApproximateFloat kubernetes.Quantity.() double
    asInteger kubernetes.Quantity.() int
    isInteger kubernetes.Quantity.() bool
    add kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity | kubernetes.Quantity.(int) kubernetes.Quantity
    sub kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity | kubernetes.Quantity.(int) kubernetes.Quantity
    semver (string) kubernetes.Semver | (string, bool) kubernetes.Semver
    isSemver (string) bool | (string, bool) bool
    major kubernetes.Semver.() int
    minor kubernetes.Semver.() int
    patch kubernetes.Semver.() int
    ip (string) net.IP | net.CIDR.() net.IP
    isIP (string) bool
    ip.isCanonical (string) bool
    family net.IP.() int
    isUnspecified net.IP.() bool
    isLoopback net.IP.() bool
    isLinkLocalMulticast net.IP.() bool
    isLinkLocalUnicast net.IP.() bool
    isGlobalUnicast net.IP.() bool
    cidr (string) net.CIDR
    isCIDR (string) bool
    containsIP net.CIDR.(string) bool | net.CIDR.(net.IP) bool
    containsCIDR net.CIDR.(string) bool | net.CIDR.(net.CIDR) bool
    prefixLength net.CIDR.() int
    masked net.CIDR.() net.CIDR
    format.named (string) optional(kubernetes.NamedFormat)
    validate kubernetes.NamedFormat.(string) optional(list(string))
    path kubernetes.authorization.Authorizer.(string) kubernetes.authorization.PathCheck
    group kubernetes.authorization.Authorizer.(string) kubernetes.authorization.GroupCheck
    serviceAccount kubernetes.authorization.Authorizer.(string, string) kubernetes.authorization.Authorizer
    resource kubernetes.authorization.GroupCheck.(string) kubernetes.authorization.ResourceCheck
    subresource kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.ResourceCheck
    namespace kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.ResourceCheck
    name kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.ResourceCheck
    fieldSelector kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.ResourceCheck
    labelSelector kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.ResourceCheck
    check kubernetes.authorization.PathCheck.(string) kubernetes.authorization.Decision | kubernetes.authorization.ResourceCheck.(string) kubernetes.authorization.Decision
    errored kubernetes.authorization.Decision.() bool
    error kubernetes.authorization.Decision.() string
    allowed kubernetes.authorization.Decision.() bool
    reason kubernetes.authorization.Decision.() string
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_as_it_is_written() {
        let told = |text: &'static str| {
            let read = signature(text);
            let args: Vec<String> = read.args.iter().map(ToString::to_string).collect();
            format!("{} {} -> {}", read.method, args.join(", "), read.result)
        };
        assert_eq!(told("(A, map(A, B)) bool"), "false _var0, map(_var0, _var1) -> bool");
        assert_eq!(told("net.CIDR.() net.IP"), "true net.CIDR -> net.IP");
        assert_eq!(told("string.(string, int) list(string)"), "true string, string, int -> list(string)");
        assert_eq!(
            told("optional(list(A)).(int) optional(A)"),
            "true optional_type(list(_var0)), int -> optional_type(_var0)"
        );
    }
}

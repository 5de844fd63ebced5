//! The text of an expression as a tree. Reading the text is the `cel` crate's matter; here its calls that are macros
//! become what they mean, and qualified names become one name.

use super::depth;
use super::node::{Fold, FoldKind, Kind, Node, Selection};
use super::signatures;
use super::typing;
use super::value::Value;
use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, SourceInfo, operators};
use std::sync::Arc;

/// Something that is wrong with the text, and where.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) place: Place,
    pub(super) message: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// Bytes from the beginning.
    Offset(u32),
    /// Line and column, from 1.
    Line(usize, usize),
    /// The whole expression.
    Nowhere,
}

/// Reads an expression.
pub(super) fn read(text: &str) -> Result<Node, Vec<Complaint>> {
    let node = depth::with_stack(text, || read_here(text))?;
    if node.is_deeper_than(depth::DEEPEST) { Err(depth::too_deep()) } else { Ok(node) }
}

fn read_here(text: &str) -> Result<Node, Vec<Complaint>> {
    let parser = cel::Env::default().parser().max_recursion_depth(250).enable_ident_escape_syntax(false);
    let (tree, places) = parser.parse_with_source_info(text).map_err(|wrong| {
        let complaint = |error: cel::ParseError| {
            let number = |number: isize| usize::try_from(number).unwrap_or(1);
            let message = what_must_follow(error.msg);
            Complaint { place: Place::Line(number(error.pos.0), number(error.pos.1)), message }
        };
        let mut wrong = wrong.errors;
        if wrong.iter().any(|error| error.msg.contains("Recursion limit of")) {
            return depth::too_nested();
        }
        // What follows from a syntax error inside of the reader is its own affair.
        if wrong.iter().any(|error| error.msg.starts_with("Syntax error")) {
            wrong.retain(|error| !error.msg.starts_with("Incomplete `") && !error.msg.starts_with("No `"));
        }
        wrong.into_iter().map(complaint).collect::<Vec<_>>()
    })?;
    let mut reader = Reader { places, count: 0, wrong: Vec::new() };
    let node = reader.node(tree);
    if reader.wrong.is_empty() { Ok(node) } else { Err(reader.wrong) }
}

/// What may stand between two expressions.
const BETWEEN: &str = "'==' '!=' 'in' '<' '<=' '>=' '>' '&&' '||' '[' '.' '-' '?' '+' '*' '/' '%'";
/// What is expected after the last of a call's arguments.
const AFTER_ARGUMENTS: [&str; 2] = ["')'", "','"];

/// A complaint about what stands after an expression names only what must follow, as kube-apiserver's reader does.
fn what_must_follow(message: String) -> String {
    let Some((told, expected)) = message.split_once(" expecting {") else { return message };
    if !told.contains("mismatched input") || !expected.contains("'=='") {
        return message;
    }
    let tokens = expected.trim_end_matches('}').split(", ");
    let needed: Vec<&str> = tokens.filter(|token| BETWEEN.split(' ').all(|one| one != *token)).collect();
    match needed.as_slice() {
        [one] => format!("{told} expecting {one}"),
        several if several == AFTER_ARGUMENTS => format!("{told} expecting {}", AFTER_ARGUMENTS[0]),
        several => format!("{told} expecting {{{}}}", several.join(", ")),
    }
}

struct Reader {
    places: SourceInfo,
    /// How many parts there are so far.
    count: usize,
    wrong: Vec<Complaint>,
}

impl Reader {
    fn node(&mut self, tree: IdedExpr) -> Node {
        let at = self.places.offset_for(tree.id).map_or(0, |(start, _)| start);
        let kind = match tree.expr {
            Expr::Unspecified => Kind::Literal(Value::Null),
            Expr::Literal(literal) => Kind::Literal(constant(literal)),
            Expr::Ident(name) => Kind::Name(name.trim_start_matches('.').into()),
            Expr::Select(select) => match qualified(&select.operand, &select.field) {
                Some(name) if typing::named(&name).is_some() || name == "authorizer.requestResource" => {
                    Kind::Name(name.into())
                }
                Some(_) | None => {
                    let operand = Box::new(self.node(*select.operand));
                    Kind::Select(operand, select.field.into(), Selection::Field)
                }
            },
            Expr::Call(call) => self.call(call.func_name, call.target, call.args),
            Expr::List(list) => {
                let optional = list.optional_indices;
                let items = list.elements.into_iter().enumerate();
                Kind::List(items.map(|(index, item)| (self.node(item), optional.contains(&index))).collect())
            }
            Expr::Map(map) => {
                Kind::Map(map.entries.into_iter().filter_map(|entry| self.entry(entry)).collect())
            }
            Expr::Struct(object) => Kind::Object(object.type_name.into()),
            // Macros are not expanded by the reader, so it makes none.
            Expr::Comprehension(_) => Kind::Literal(Value::Null),
        };
        self.count += 1;
        Node { at, id: self.count - 1, kind }
    }

    fn entry(&mut self, entry: IdedEntryExpr) -> Option<(Node, Node, bool)> {
        match entry.expr {
            EntryExpr::MapEntry(entry) => {
                Some((self.node(entry.key), self.node(entry.value), entry.optional))
            }
            EntryExpr::StructField(_) => None,
        }
    }

    fn call(&mut self, name: String, target: Option<Box<IdedExpr>>, mut args: Vec<IdedExpr>) -> Kind {
        match (name.as_str(), target) {
            ("has", None) if args.len() == 1 => self.presence(args.remove(0)),
            (operators::OPT_SELECT, None) if args.len() == 2 => {
                let field = match args.remove(1).expr {
                    Expr::Literal(LiteralValue::String(field)) => field.inner().into(),
                    _ => "".into(),
                };
                Kind::Select(Box::new(self.node(args.remove(0))), field, Selection::Optional)
            }
            (_, None) => {
                let args = args.into_iter().map(|arg| self.node(arg)).collect();
                Kind::Call(name.trim_start_matches('.').into(), None, args)
            }
            ("optMap" | "optFlatMap", Some(target)) if args.len() == 2 => {
                let problem = format!("{name}() variable name must be a simple identifier");
                let variable = self.variable(&args[0], &problem);
                let (target, body) = (Box::new(self.node(*target)), Box::new(self.node(args.remove(1))));
                Kind::OptionalMap { target, name: variable, body, flat: name == "optFlatMap" }
            }
            (macro_name, Some(target)) => match fold(macro_name, args.len()) {
                Some(shape) => self.fold(shape, *target, args),
                None => self.method(name, *target, args),
            },
        }
    }

    /// A call on a target, which may be the first part of a function's name.
    fn method(&mut self, name: String, target: IdedExpr, args: Vec<IdedExpr>) -> Kind {
        let whole = qualified(&target, &name).filter(|whole| signatures::is_declared(whole));
        let target = if whole.is_some() { None } else { Some(Box::new(self.node(target))) };
        let args = args.into_iter().map(|arg| self.node(arg)).collect();
        Kind::Call(whole.unwrap_or(name).into(), target, args)
    }

    fn presence(&mut self, of: IdedExpr) -> Kind {
        let at = self.places.offset_for(of.id).map_or(0, |(start, _)| start);
        match of.expr {
            Expr::Select(select) => {
                let operand = Box::new(self.node(*select.operand));
                Kind::Select(operand, select.field.into(), Selection::Presence)
            }
            _ => {
                self.complain(at, "invalid argument to has() macro");
                Kind::Literal(Value::Null)
            }
        }
    }

    fn fold(&mut self, shape: Shape, target: IdedExpr, mut args: Vec<IdedExpr>) -> Kind {
        let problem = match (shape.kind, shape.named) {
            (FoldKind::Map | FoldKind::Filter, 1) => "argument is not an identifier",
            _ => "argument must be a simple name",
        };
        let name = self.variable(&args[0], problem);
        let second = (shape.named == 2).then(|| self.variable(&args[1], problem));
        let range = self.node(target);
        let mut rest: Vec<Node> = args.drain(shape.named..).map(|arg| self.node(arg)).collect();
        let Some(body) = rest.pop() else { return Kind::Literal(Value::Null) };
        Kind::Fold(Box::new(Fold { kind: shape.kind, range, name, second, filter: rest.pop(), body }))
    }

    fn variable(&mut self, node: &IdedExpr, problem: &str) -> Arc<str> {
        let at = self.places.offset_for(node.id).map_or(0, |(start, _)| start);
        match &node.expr {
            Expr::Ident(name) if !name.starts_with('.') => name.as_str().into(),
            _ => {
                self.complain(at, problem);
                "".into()
            }
        }
    }

    fn complain(&mut self, at: u32, message: &str) {
        self.wrong.push(Complaint { place: Place::Offset(at), message: message.to_owned() });
    }
}

#[derive(Clone, Copy)]
struct Shape {
    kind: FoldKind,
    /// How many of the arguments are names.
    named: usize,
}

/// The walk that a call on a target is, by its name and how many arguments it has.
fn fold(name: &str, args: usize) -> Option<Shape> {
    let (kind, named) = match (name, args) {
        ("all", 2 | 3) => (FoldKind::All, args - 1),
        ("exists", 2 | 3) => (FoldKind::Exists, args - 1),
        ("exists_one", 2) => (FoldKind::ExistsOne, 1),
        ("existsOne", 2 | 3) => (FoldKind::ExistsOne, args - 1),
        ("map", 2 | 3) => (FoldKind::Map, 1),
        ("filter", 2) => (FoldKind::Filter, 1),
        ("transformList", 3 | 4) => (FoldKind::Map, 2),
        ("transformMap", 3 | 4) => (FoldKind::Values, 2),
        ("transformMapEntry", 3 | 4) => (FoldKind::Entries, 2),
        _ => return None,
    };
    Some(Shape { kind, named })
}

/// `a.b.c` as one name, where it is nothing but names.
fn qualified(operand: &IdedExpr, last: &str) -> Option<String> {
    match &operand.expr {
        Expr::Ident(name) => Some(format!("{}.{last}", name.trim_start_matches('.'))),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{last}", qualified(&select.operand, &select.field)?))
        }
        _ => None,
    }
}

fn constant(literal: LiteralValue) -> Value {
    match literal {
        LiteralValue::Boolean(truth) => Value::Bool(*truth.inner()),
        LiteralValue::Bytes(bytes) => Value::Bytes(bytes.inner().into()),
        LiteralValue::Double(number) => Value::Double(*number.inner()),
        LiteralValue::Int(number) => Value::Int(*number.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(text) => Value::String(text.inner().into()),
        LiteralValue::UInt(number) => Value::Uint(*number.inner()),
    }
}

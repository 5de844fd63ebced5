//! What is read out of scripts.

use super::{Piece, Unended, commands, pieces, unended};

fn cut(script: &str) -> Vec<String> {
    let told = pieces(script).into_iter().map(|piece| match piece {
        Piece::Statement(bytes) => script[bytes].to_owned(),
        Piece::Comment(bytes) => script[bytes].to_owned(),
        Piece::Blank => "-".to_owned(),
        Piece::Unfinished(bytes) => format!("unfinished: {}", &script[bytes]),
    });
    told.collect()
}

#[test]
fn a_statement_goes_on_until_everything_that_it_opened_is_closed() {
    let cases: [(&str, &[&str]); 13] = [
        ("(( a = 1 << 3 )); echo $a\nls", &["(( a = 1 << 3 )); echo $a", "ls"]),
        ("for ((i = 0; i < 3; i++)); do\n  a\ndone\nls", &["for ((i = 0; i < 3; i++)); do\n  a\ndone", "ls"]),
        ("a\nb # c\n\n# d", &["a", "b", "-", "# d"]),
        ("helm upgrade x \\\n  --wait\nls", &["helm upgrade x \\\n  --wait", "ls"]),
        ("a &&\n  b |\n c\nd", &["a &&\n  b |\n c", "d"]),
        ("for x in a b; do\n  echo $x\ndone\nls", &["for x in a b; do\n  echo $x\ndone", "ls"]),
        ("if a; then\n  b\nelse\n  c\nfi | d", &["if a; then\n  b\nelse\n  c\nfi | d"]),
        ("f() {\n  a\n}\nfunction g {\n  b\n}\nf", &["f() {\n  a\n}", "function g {\n  b\n}", "f"]),
        ("cat <<EOF > x\nif a\nEOF\nls", &["cat <<EOF > x\nif a\nEOF", "ls"]),
        ("echo 'a\nb'\nls", &["echo 'a\nb'", "ls"]),
        ("X=$(a |\n b)\nls", &["X=$(a |\n b)", "ls"]),
        ("case $x in\n a) b ;;\nesac\nls", &["case $x in\n a) b ;;\nesac", "ls"]),
        ("ls\nwhile a; do\n b", &["ls", "unfinished: while a; do\n b"]),
    ];
    for (script, wanted) in cases {
        assert_eq!(cut(script), wanted, "{script}");
    }
    assert_eq!(cut("cat <<EOF\nx"), ["unfinished: cat <<EOF\nx"]);
    assert_eq!(cut("echo \"a"), ["unfinished: echo \"a"]);
}

#[test]
fn what_is_never_ended_is_told_where_it_begins() {
    let cases = [
        ("helm list\necho \"it is\nhelm get \"x\"", 15, Unended::Quote('"')),
        ("echo don't\nls", 8, Unended::Quote('\'')),
        ("x=$(helm list\nls", 2, Unended::Bracket('(')),
        ("x=${y\nls", 2, Unended::Bracket('{')),
        ("cat <<EOF\nx", 4, Unended::Heredoc("EOF".to_owned())),
        ("if a; then\n for x in b; do\n c\n", 12, Unended::Compound("done")),
        ("(cd x\nls", 0, Unended::Bracket('(')),
        ("helm list |\n", 10, Unended::Operator),
    ];
    for (script, at, what) in cases {
        let (bytes, told) = unended(script).unwrap_or_else(|| panic!("{script}"));
        assert_eq!((bytes.start, told), (at, what), "{script}");
    }
    for whole in ["helm list", "echo \"a\nb\"", "case $x in\n a) b ;;\nesac", "cat <<EOF\n'\nEOF"] {
        assert_eq!(unended(whole), None, "{whole}");
    }
}

#[test]
fn every_command_of_a_script_is_found_wherever_it_stands() {
    let told = |script: &str| {
        let each = commands(script).into_iter().map(|simple| {
            let words: Vec<&str> = simple.words.iter().map(|word| word.text.as_str()).collect();
            let assigned: String = simple.assigned.iter().map(|(name, _)| format!("{name}=.. ")).collect();
            let redirected: String =
                simple.redirected.iter().map(|(how, to)| format!(" {how}{}", to.text)).collect();
            format!("{assigned}{}{redirected}{}", words.join(","), if simple.background { "&" } else { "" })
        });
        each.collect::<Vec<_>>().join(" ; ")
    };
    let cases = [
        ("helm list -n <namespace> | grep x", "helm,list,-n,<namespace> ; grep,x"),
        ("R=$(helm history 'a b' | tail -1); echo \"$R\"", "R=..  ; echo,$R ; helm,history,a b ; tail,-1"),
        ("if ! kubectl get po; then exit 1; fi", "kubectl,get,po ; exit,1"),
        ("A=1 B=2 env > x 2>&1 < y", "A=.. B=.. env >x >&1 <y"),
        ("sleep 5 & wait", "sleep,5& ; wait"),
        ("diff <(helm get a) {{ release }}", "diff,<(helm get a),{{ release }} ; helm,get,a"),
        ("(cd x && ls)", "cd,x ; ls"),
    ];
    for (script, wanted) in cases {
        assert_eq!(told(script), wanted, "{script}");
    }
    let script = "echo \"$(kubectl get <x>)\"";
    let inner = commands(script).pop().expect("the inner one");
    assert_eq!(&script[inner.words[2].bytes.clone()], "<x>");
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_is_cut_into_pieces_in_order(script in "[a-z<>(){}|&;$'\"`#\\\\ \n=EOF]{0,60}") {
        let mut last = 0;
        for piece in pieces(&script) {
            if let Piece::Statement(bytes) | Piece::Comment(bytes) | Piece::Unfinished(bytes) = piece {
                assert!(last <= bytes.start && bytes.start <= bytes.end && bytes.end <= script.len());
                last = bytes.start;
            }
        }
        if let Some((bytes, _)) = unended(&script) {
            assert!(script.get(bytes).is_some());
        }
        for simple in commands(&script) {
            for word in simple.words {
                assert!(script.get(word.bytes.clone()).is_some(), "{word:?}");
            }
        }
    }
}

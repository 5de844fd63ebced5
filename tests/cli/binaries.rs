//! The binaries that drills run, where they are not to be had: helm, kubectl, kind and what fetches them.

use crate::stand::{Ended, Stand, shown};

/// A proxy at which nobody listens: no release site is reached, whatever the network of this machine.
const NO_SITE: [(&str, &str); 2] =
    [("HTTPS_PROXY", "http://127.0.0.1:1"), ("https_proxy", "http://127.0.0.1:1")];

#[test]
fn a_helm_that_is_none_is_told_by_what_it_is() {
    let stand = Stand::new();
    stand.write("notes.txt", "no program\n");
    stand.program("quiet", "#!/bin/sh\nexit 0\n");
    stand.program("other", "#!/bin/sh\necho other 1.0\n");
    stand.program("script", "echo no shebang\n");
    let session: String = ["./notes.txt", "./missing", "./quiet", "./other", "./script", "banana", "3.99"]
        .iter()
        .map(|helm| stand.session(&[&["run", "tiny.yaml", "--helm", helm]]))
        .collect();
    shown("no_helm", &session);
    stand.assert_nothing_is_left();
}

#[test]
fn without_a_network_it_is_said_what_was_tried_and_what_to_do() {
    let stand = Stand::new();
    let run = |args: &[&str], path: &str| {
        let mut command = stand.command();
        command
            .args(args)
            .env("PATH", stand.path(path))
            .envs(NO_SITE)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .env("HELMDRILL_CACHE_DIR", stand.path("cache"));
        stand.ended(&mut command)
    };
    stand.program("failing/pip", "#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n");
    let mut session = String::new();
    let line = ["run", "tiny.yaml"];
    session += &stand.told(&line, &run(&line, "empty"));
    session += &stand.told(&line, &run(&line, "failing"));
    let line = ["run", "tiny.yaml", "--offline"];
    session += &stand.told(&line, &run(&line, "empty"));
    let line = ["tools", "path", "3.17.3"];
    session += &stand.told(&line, &run(&line, "empty"));
    let line = ["tools", "install", "9.9.9"];
    session += &stand.told(&line, &run(&line, "empty"));
    let line = ["run", "tiny.yaml", "--helm", "path"];
    session += &stand.told(&line, &run(&line, "empty"));
    assert_eq!(session.matches("exit 3\n").count(), 6, "{session}");
    shown("no_network", &session);
    stand.assert_nothing_is_left();
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let stand = Stand::new();
    stand.write("file", "");
    let Ended { code, stderr, .. } = stand.run(&["--cache-dir", "file/cache", "tools", "install", "3.17.3"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.starts_with("error: cannot install into "), "{stderr}");
    assert!(stderr.contains("/file/cache: Not a directory"), "{stderr}");
    assert!(
        stderr.trim_end().ends_with("give a cache folder that can be written (HELMDRILL_CACHE_DIR)"),
        "{stderr}"
    );
}

#[test]
fn a_folder_for_leases_that_cannot_be_made_is_named() {
    let stand = Stand::new();
    stand.write("file", "");
    for line in
        [&["--state-dir", "file/state", "run", "tiny.yaml"][..], &["--state-dir", "file/state", "serve"]]
    {
        let Ended { code, stderr, .. } = stand.run(line);
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("file/state"), "{stderr}");
    }
}

#[test]
fn kind_is_asked_for_before_anything_is_fetched() {
    let stand = Stand::new();
    stand.program("only-kind/kind", "#!/bin/sh\nexit 0\n");
    let line = ["run", "tiny.yaml", "--cluster", "kind"];
    let session: String = ["empty", "only-kind"]
        .map(|path| {
            let mut command = stand.command();
            command.args(line).env("PATH", stand.path(path)).env("HELMDRILL_CACHE_DIR", stand.path("cache"));
            stand.told(&line, &stand.ended(&mut command))
        })
        .concat();
    shown("no_kind", &session);
    assert!(!stand.path("cache").exists());
}

#[test]
fn the_tools_are_listed_and_found_as_text_and_as_data() {
    let stand = Stand::new();
    let installed = stand.run(&["tools", "install", "3.17.3", "kubectl@1.36", "--format", "json"]);
    assert_eq!(installed.code, Some(0), "{}", installed.stderr);
    let rows: serde_json::Value = serde_json::from_str(&installed.stdout).expect("JSON");
    let told: Vec<_> = [0, 1].map(|at| (rows[at]["tool"].clone(), rows[at]["version"].clone())).into();
    assert_eq!(told, [("helm".into(), "3.17.3".into()), ("kubectl".into(), "1.36.3".into())]);
    let path = stand.run(&["tools", "path", "helm@3.17"]);
    assert_eq!((path.code, path.stdout.trim()), (Some(0), rows[0]["path"].as_str().expect("a path")));
    let as_data = stand.run(&["tools", "path", "3.17.3", "--format", "json"]);
    let row: serde_json::Value = serde_json::from_str(&as_data.stdout).expect("JSON");
    assert_eq!((&row["path"], &row["origin"]), (&rows[0]["path"], &"cache".into()));
    let listed = stand.run(&["tools", "list", "--format", "json"]);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).expect("JSON");
    assert!(listed.iter().any(|one| one["path"] == rows[0]["path"] && one["pinned"] == true), "{listed:?}");
    let text = stand.run(&["tools", "list"]).stdout;
    assert_eq!(text.lines().count(), listed.len(), "{text}");
    assert_eq!(stand.run(&["tools", "path", "kubect@1.36"]).code, Some(2));
}

#[test]
fn a_helm_and_a_cache_that_are_named_from_here_are_found_by_drills_elsewhere() {
    let stand = Stand::new();
    let helm = stand.run(&["tools", "path", "4.3.1"]).stdout;
    stand.program("helm", &format!("#!/bin/sh\nexec {} \"$@\"\n", helm.trim()));
    let kubectl = stand.run(&["tools", "path", "kubectl@1.36"]).stdout;
    let shelf = stand.path("cache/kubectl/1.36.3");
    std::fs::create_dir_all(&shelf).expect("a folder");
    let installed = std::path::Path::new(kubectl.trim()).parent().expect("a folder");
    for entry in std::fs::read_dir(installed).expect("it is there").flatten() {
        std::fs::copy(entry.path(), shelf.join(entry.file_name())).expect("a file of it");
    }
    let line = ["--cache-dir", "cache", "--offline", "run", "tiny.yaml", "--helm", "./helm"];
    let ended = stand.run(&[&line[..], &["--procedure", "deploy-again"]].concat());
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("helm 4.3.1"), "{}", ended.stdout);
}

#[test]
fn what_is_named_twice_is_refused() {
    let stand = Stand::new();
    let session = stand.session(&[
        &["run", "tiny.yaml", "./tiny.yaml"],
        &["run", "stuck-upgrade", "stuck-upgrade/before-the-record"],
        &["run", "tiny.yaml", "--helm", "4.3.1,4.3"],
    ]);
    shown("twice", &session);
}

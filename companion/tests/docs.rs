//! What the documentation tells people to type is understood: every command line, every suite, and the recipe for Rust projects.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sockscope_engine::suite::Suite;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages at the top and all of `docs`, each with its path.
fn pages() -> Vec<(String, String)> {
    let mut paths: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "fuzz/README.md"]
            .map(str::to_owned)
            .into();
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => folders.push(path),
                false if path.ends_with(".md") => paths.push(path),
                false => {}
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(&path))).collect()
}

/// Each recipe with its page, its heading, and the file of `tests/pytest` that tests the same.
const RECIPES: [(&str, &str, &str); 9] = [
    ("recipes.md", "Login, then a token", "test_token.py"),
    ("recipes.md", "Two users", "test_two_users.py"),
    ("recipes.md", "Load with rows", "test_load.py"),
    ("recipes-session.md", "Session cookie", "test_session_cookie.py"),
    ("recipes-session.md", "Polling a job", "test_job.py"),
    ("recipes-session.md", "Exactly once across reconnects", "test_once.py"),
    ("recipes-session.md", "GraphQL subscription", "test_graphql.py"),
    ("recipes-binary.md", "A binary protocol with a length header", "test_frames.py"),
    ("recipes-binary.md", "JSON-RPC", "test_rpc.py"),
];

/// How long a program is: its lines without those that are empty or only say something, and their characters without blanks.
fn length(text: &str) -> (usize, usize) {
    let says_nothing = |line: &&str| {
        !["", "#", "//", "\"\"\""].iter().any(|sign| match *sign {
            "" => line.is_empty(),
            sign => line.starts_with(sign),
        })
    };
    let lines: Vec<_> = text.lines().map(str::trim).filter(says_nothing).collect();
    let characters = lines.iter().flat_map(|line| line.chars()).filter(|c| !c.is_whitespace()).count();
    (lines.len(), characters)
}

/// The suite of a recipe, with the file that it names.
fn recipe(page: &str, heading: &str) -> String {
    let page = read(&format!("docs/guide/{page}"));
    let begins = format!("\n## {heading}\n");
    let (_, rest) = page.split_once(&begins).unwrap_or_else(|| panic!("no recipe is called {heading}"));
    let section = rest.split("\n## ").next().unwrap_or_default();
    section
        .split("\n```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap_or_default().1)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_guide_says_how_long_the_recipes_are_beside_the_same_in_pytest() {
    let mut table = String::from(
        "| recipe | suite: lines | characters | pytest: lines | characters |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut all = [0; 4];
    for (page, heading, file) in RECIPES {
        let ((lines, characters), (py_lines, py_characters)) =
            (length(&recipe(page, heading)), length(&read(&format!("tests/pytest/{file}"))));
        let row = [lines, characters, py_lines, py_characters];
        all.iter_mut().zip(row).for_each(|(all, one)| *all += one);
        table += &format!("| {heading} | {lines} | {characters} | {py_lines} | {py_characters} |\n");
    }
    let [lines, characters, py_lines, py_characters] = all;
    table += &format!("| all | {lines} | {characters} | {py_lines} | {py_characters} |\n");
    assert!(
        read("docs/guide/recipes.md").contains(&table),
        "docs/guide/recipes.md is to have this table:\n{table}"
    );
}

/// A page without its fenced blocks.
fn prose(page: &str) -> String {
    page.split("\n```").step_by(2).collect()
}

/// The targets of the links of a text.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| -> String {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The fenced blocks of a page: the language and the text of each. A block within a list is indented, and its end as well.
fn blocks(page: &str) -> Vec<(String, String)> {
    let (mut blocks, mut open) = (Vec::new(), None::<(String, String)>);
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => open = Some((language.trim().to_owned(), String::new())),
            (None, Some((_, text))) => *text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

/// The calls of the command in a block, from its name to the end of the line; lines that a backslash joins are one.
fn calls(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let mut calls = Vec::new();
    for line in joined.lines() {
        // What stands before it: keys of YAML, variables of the shell, a path.
        let Some(at) = [
            "sockscope check ",
            "sockscope merge ",
            "sockscope monitor ",
            "sockscope serve",
            "sockscope validate ",
            "sockscope fmt ",
            "sockscope lsp",
            "sockscope schema",
            "sockscope record ",
            "sockscope replay ",
            "sockscope diff ",
            "sockscope convert ",
        ]
        .iter()
        .find_map(|call| line.find(call)) else {
            continue;
        };
        let is_prose = line.trim_start().starts_with('#') || line.contains("Usage:");
        if is_prose {
            continue;
        }
        let rest = &line[at + "sockscope ".len()..];
        // What comes after it in the same line.
        let end = [" || ", " | ", " && ", " > ", "  #", " &"].iter().filter_map(|end| rest.find(end)).min();
        calls.push(rest[..end.unwrap_or(rest.len())].trim().to_owned());
    }
    calls
}

/// Whether the command line is one; nothing is run. The shell takes the words apart, as it would in a terminal.
fn is_understood(call: &str) -> Result<(), String> {
    let mut shell = Command::new("sh");
    shell.env("SOCKSCOPE", env!("CARGO_BIN_EXE_sockscope")).env("TAGS", "--tag smoke");
    // What the machines of a run over several of them are given.
    shell.env("START_AT", "1777636800");
    for number in ["SHARD", "JOB_COMPLETION_INDEX", "NOMAD_ALLOC_INDEX"] {
        shell.env(number, "1");
    }
    let call = call.replace("{}", "1");
    shell.args(["-fc", &format!("exec \"$SOCKSCOPE\" {call} --help")]);
    let output = shell.output().expect("a shell");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn every_command_line_is_understood() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (page, text) in pages() {
        for call in blocks(&text).iter().flat_map(|(_, text)| calls(text)) {
            seen += 1;
            if let Err(words) = is_understood(&call) {
                wrong.push(format!("{page}: sockscope {call}\n{words}"));
            }
        }
    }
    assert!(seen >= 20, "only {seen} command lines were found: have the blocks changed?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The manifests for several machines are YAML, and ask for as many shards as they name.
#[test]
fn manifests_read_and_count_their_shards() {
    let page = read("docs/guide/many-machines.md");
    let mut jobs = 0;
    for (language, text) in blocks(&page) {
        let shards = text.split("/4\"").count() - 1;
        if language == "hcl" {
            assert!(text.contains("count = 4") && shards == 1, "{text}");
        }
        if language != "yaml" {
            continue;
        }
        let manifest: serde_json::Value =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        if manifest["kind"] == "Job" {
            jobs += 1;
            let spec = &manifest["spec"];
            assert_eq!((&spec["completions"], &spec["parallelism"]), (&4.into(), &4.into()));
            assert_eq!(spec["completionMode"], "Indexed");
            let container = &spec["template"]["spec"]["containers"][0];
            let call = container["args"][0].as_str().expect("a line");
            is_understood(call.strip_prefix("sockscope ").expect("the command")).expect("it is understood");
            assert!(call.contains("--shard \"$JOB_COMPLETION_INDEX/4\""), "{call}");
        } else {
            jobs += 1;
            let matrix = &manifest["jobs"]["shard"]["strategy"]["matrix"]["shard"];
            assert_eq!(matrix, &serde_json::json!([0, 1, 2, 3]));
        }
    }
    assert_eq!(jobs, 2, "one of GitHub, one of Kubernetes");
    for (language, text) in blocks(&read("docs/guide/monitor.md")) {
        if language == "yaml" {
            serde_saphyr::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
        if language == "json" {
            serde_json::from_str::<serde_json::Value>(&text)
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
    }
}

#[test]
fn a_wrong_command_line_is_found() {
    let found = calls(
        "# sockscope check is nice\nA=b sockscope check x --taag \\\n  y || true\n  run: sockscope schema > s\n",
    );
    assert_eq!(found, ["check x --taag    y", "schema"]);
    assert!(is_understood(&found[0]).is_err_and(|words| words.contains("--taag")));
    assert_eq!(is_understood(&found[1]), Ok(()));
}

#[test]
fn the_suites_of_these_pages_can_be_read() {
    for page in ["docs/guide/ci.md", "docs/guide/scaling.md"] {
        for (_, text) in blocks(&read(page)).iter().filter(|(language, _)| language == "json") {
            let mistakes = Suite::parse(text).err().unwrap_or_default();
            assert!(mistakes.is_empty(), "{page}: {mistakes:?}");
        }
    }
}

/// The lines that name the suite and the server are each project's own.
#[test]
fn the_recipe_for_rust_projects_is_a_test_of_ours() {
    let ours = read("tests/web_recipe.rs");
    let page = read("docs/guide/ci.md");
    let recipe = blocks(&page).into_iter().find(|(language, _)| language == "rust").expect("a recipe").1;
    let own = ["const SUITE: ", "const SERVER: "];
    let common = recipe.lines().filter(|line| !own.iter().any(|it| line.starts_with(it)));
    for line in common.filter(|line| !line.is_empty()) {
        assert!(ours.lines().any(|it| it == line), "tests/web_recipe.rs has no line {line:?}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (path, text) in pages() {
        for link in links(&prose(&text)) {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            seen += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = root().join(&path).parent().expect("a folder").to_owned();
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            let leads = match (target.exists(), anchor) {
                (true, "") => true,
                (true, anchor) => {
                    let page = fs::read_to_string(&target).unwrap_or_default();
                    anchors(&page).iter().any(|it| it == anchor)
                }
                (false, _) => false,
            };
            if !leads {
                wrong.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(seen >= 50, "only {seen} links were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words in backticks with a slash that begin with a folder of the project are paths of it.
#[test]
fn every_path_of_the_code_map_exists() {
    let tops = [
        ".cargo",
        "benches",
        "companion",
        "crates",
        "docs",
        "fuzz",
        "src",
        "style",
        "suites",
        "tests",
        "xtask",
    ];
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for path in prose(&read(page)).split('`').skip(1).step_by(2) {
            let is_path =
                !path.contains([' ', ':']) && path.split('/').next().is_some_and(|top| tops.contains(&top));
            if is_path {
                seen += 1;
                if !root().join(path).exists() {
                    wrong.push(format!("{page}: {path}"));
                }
            }
        }
    }
    assert!(seen >= 100, "only {seen} paths were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! The suites that these tests run, beside those that ship.

/// One check that passes and one that waits longer than any test.
pub const LONG: &str = r#"{ "sockscope": 1, "suite": "long",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [
    { "check": "short", "steps": [ { "connect": "bob" } ] },
    { "check": "long", "steps": [ { "connect": "bob" }, { "on": "bob", "expect": { "text": "never", "within": "10m" } } ] },
    { "check": "last", "steps": [ { "connect": "bob" } ] } ] }"#;

/// Two checks that fail and one that passes; the token is a secret.
pub const FAILING: &str = r#"{ "sockscope": 1, "suite": "failing",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}", "token": "{{env.TOKEN ?? none}}" },
  "secrets": ["token"],
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [
    { "check": "bob hears two", "tags": ["wrong"], "steps": [ { "connect": "bob" },
      { "on": "bob", "send": { "n": 1, "token": "{{token}}" }, "expect": { "subset": { "n": 2 }, "within": "200ms" } } ] },
    { "check": "bob hears himself", "tags": ["right"], "steps": [ { "connect": "bob" },
      { "on": "bob", "send": "hello", "expect": { "echo": true } } ] },
    { "check": "bob hears three", "tags": ["wrong"], "steps": [ { "connect": "bob" },
      { "on": "bob", "send": { "n": 1 }, "expect": { "subset": { "n": 3 }, "within": "200ms" } } ] } ] }"#;

/// Everything comes, and too late.
pub const SLOW: &str = r#"{ "sockscope": 1, "suite": "slow",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "bob": { "url": "{{ws_url}}/fault?latency=80ms" } },
  "checks": [ { "check": "an answer", "steps": [ { "connect": "bob" },
    { "on": "bob", "send": { "n": 1 }, "expect": { "subset": { "n": 1 } } } ], "thresholds": { "rtt.p95": "< 20ms" } } ] }"#;

/// A crowd that is answered otherwise than it expects; a check that passes and has something to tell; and two broken setups.
pub const UNMET: &str = r#"{ "sockscope": 1, "suite": "unmet",
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "crowd": { "url": "{{ws_url}}/echo", "count": 3 } },
  "checks": [
    { "check": "load", "thresholds": { "success": ">= 99%" }, "steps": [ { "connect": "crowd" },
      { "on": "crowd", "repeat": { "times": 4 }, "note": "each request has its response",
        "send": { "type": "error", "code": "UNAUTHENTICATED", "request_id": "{{seq}}" },
        "expect": { "subset": { "type": "response" }, "within": "50ms" } } ] },
    { "check": "noted", "steps": [ { "connect": "crowd" }, { "remark": "nothing was asked" },
      { "on": "crowd", "send": "left" }, { "wait": "200ms" } ] } ] }"#;

/// Wants a clock that no browser has.
pub const UNSURE: &str = r#"{ "sockscope": 1, "suite": "unsure", "require": { "timer_step": "< 1us" },
  "vars": { "ws_url": "{{env.WS_URL ?? ws://localhost:9000/ws}}" },
  "clients": { "bob": { "url": "{{ws_url}}/echo" } },
  "checks": [ { "check": "open", "steps": [ { "connect": "bob" } ] } ] }"#;

/// Learns a secret on its way, and uses it in an address that is refused.
pub const LEARNS: &str = r#"{ "sockscope": 1, "suite": "learns", "secrets": ["ticket"],
  "vars": { "ws_url": "{{env.WS_URL}}", "api_url": "{{env.API_URL}}", "ticket": "" },
  "clients": { "bob": { "url": "{{ws_url}}/nowhere?ticket={{ticket}}" } },
  "checks": [ { "check": "a ticket opens the door", "steps": [
    { "http": { "method": "POST", "url": "{{api_url}}/events", "json": { "type": "ticket", "data": 1 } },
      "expect": { "status": 202, "capture": { "ticket": "$.id" } } },
    { "connect": "bob" } ] } ] }"#;

/// Connects to an address that is given, and no more.
pub const CONNECT: &str = r#"{ "sockscope": 1, "suite": "connect", "vars": { "url": "{{env.URL}}" },
  "clients": { "bob": { "url": "{{url}}", "protocols": ["chat.v1"] } },
  "checks": [ { "check": "open", "steps": [ { "connect": "bob" } ] } ] }"#;

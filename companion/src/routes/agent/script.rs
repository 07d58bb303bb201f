//! The events of a run, in the order in which an agent goes through them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::request::{Chat, Failure};
use crate::routes::priority::Priority;

/// An event that waits to be numbered and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Which lane it waits in.
    pub priority: Priority,
    /// What follows not sooner than this after it.
    pub pace: Duration,
    /// `type`, `run` and what belongs to them; `seq` and `user` are added when it is sent.
    pub body: Map<String, Value>,
}

/// Characters of a prompt that its events repeat. What they repeat is kept for replays.
const PROMPT: usize = 200;

/// The events of a `chat`: started, thinking, a tool that may fail a few times first, completed.
pub fn chat(run: &str, chat: &Chat, pace: Duration) -> Vec<Event> {
    let prompt: String = chat.text.chars().take(PROMPT).collect();
    let mut bodies = vec![
        json!({ "type": "agent_started", "run": run, "prompt": prompt }),
        json!({ "type": "agent_thinking", "run": run }),
    ];
    for attempt in 1..=chat.fail_times {
        bodies.push(json!({ "type": "tool_executing", "run": run, "tool": "search", "attempt": attempt }));
        bodies.push(json!({
            "type": "error", "run": run, "code": "tool_failed", "message": "the tool failed, as it was asked to",
            "priority": Priority::Normal, "retryable": true, "attempt": attempt,
        }));
        bodies.push(json!({ "type": "agent_retrying", "run": run, "attempt": attempt + 1 }));
    }
    let attempts = chat.fail_times + 1;
    bodies.push(json!({ "type": "tool_executing", "run": run, "tool": "search", "attempt": attempts }));
    bodies.push(json!({
        "type": "tool_completed", "run": run, "tool": "search", "attempt": attempts, "result": "3 documents",
    }));
    bodies.push(json!({
        "type": "agent_completed", "run": run, "attempts": attempts, "reply": format!("You said: {prompt}"),
    }));
    bodies
        .into_iter()
        .map(|mut body| {
            if let Some(id) = &chat.id {
                body["id"] = id.clone();
            }
            event(body, Priority::Normal, pace)
        })
        .collect()
}

/// The event of a `fail`.
pub fn fail(run: &str, failure: &Failure, pace: Duration) -> Vec<Event> {
    let mut body = json!({
        "type": "error", "run": run, "code": failure.code, "message": failure.message,
        "priority": failure.priority, "retryable": false,
    });
    if let Some(id) = &failure.id {
        body["id"] = id.clone();
    }
    vec![event(body, failure.priority, pace)]
}

fn event(body: Value, priority: Priority, pace: Duration) -> Event {
    let Value::Object(body) = body else { unreachable!("events are written as objects above") };
    Event { priority, pace, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(fail_times: u32) -> Vec<String> {
        let chat = Chat { fail_times, ..Chat::default() };
        let events = super::chat("run-1", &chat, Duration::ZERO);
        events.iter().map(|event| event.body["type"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_run_goes_through_its_five_stages() {
        let stages =
            ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];
        assert_eq!(types(0), stages);
    }

    #[test]
    fn each_failure_is_followed_by_a_retry() {
        assert_eq!(
            types(2).join(" "),
            "agent_started agent_thinking \
            tool_executing error agent_retrying tool_executing error agent_retrying \
            tool_executing tool_completed agent_completed"
        );
    }
}

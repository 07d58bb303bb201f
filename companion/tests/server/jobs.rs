//! `/api/jobs`, and what `/ws/events` hears of them.

use serde_json::json;
use sockscope_companion::Running;
use support::client::{Client, eventually, server};
use support::raw::{get, post};

/// Starts a job with this query.
async fn start(server: &Running, query: &str) -> serde_json::Value {
    let answer = post(server, &format!("/api/jobs?{query}"), "hello world").await;
    assert_eq!(answer.status, 202);
    answer.json()
}

/// Asks until the job has ended.
async fn ended(server: &Running, job: &serde_json::Value) -> serde_json::Value {
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap());
    eventually("the job to end", async || {
        let told = get(server, &path).await.json();
        (told["state"] != "running").then_some(told)
    })
    .await
}

#[tokio::test]
async fn a_job_is_done_in_the_end_and_knows_what_was_sent() {
    let server = server().await;
    let job = start(&server, "takes=150ms").await;
    assert_eq!((&job["id"], &job["state"], &job["asked"]), (&json!("job-1"), &json!("running"), &json!(0)));
    let done = ended(&server, &job).await;
    assert_eq!(
        (&done["state"], &done["progress"], &done["bytes"]),
        (&json!("done"), &json!(100), &json!(11))
    );
    assert_eq!(done["sha256"], "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    assert!(done["asked"].as_u64() >= Some(1), "{done}");
    assert_eq!(ended(&server, &start(&server, "takes=1&fault=fail").await).await["state"], "failed");
}

#[tokio::test]
async fn the_end_of_a_job_is_told_to_its_user_only() {
    let server = server().await;
    let mut anna = Client::connect(&server, "/ws/events?user=anna").await;
    let mut bob = Client::connect(&server, "/ws/events?user=bob").await;
    let job = start(&server, "takes=20ms&user=anna").await;
    start(&server, "takes=20ms").await;
    let event = anna.json().await;
    assert_eq!((&event["type"], &event["user"]), (&json!("job"), &json!("anna")));
    assert_eq!((&event["data"]["id"], &event["data"]["state"]), (&job["id"], &json!("done")));
    bob.send("?").await;
    assert_eq!(bob.json().await["code"], "receive_only", "nothing came before it");
}

#[tokio::test]
async fn a_reset_forgets_jobs() {
    let server = server().await;
    let job = start(&server, "fault=hang").await;
    post(&server, "/api/reset", "").await;
    let answer = get(&server, &format!("/api/jobs/{}", job["id"].as_str().unwrap())).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("unknown_job")));
}

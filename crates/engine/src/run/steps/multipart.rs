//! Forms with files: the bytes of a `multipart/form-data` body.
//!
//! Owns how parts stand one after the other (RFC 7578), escaped as browsers do. It refuses to know where files come from.

use std::borrow::Cow;

use super::super::outcome::failure::script;
use crate::report::Failure;
use crate::suite::{Field, FileBody, FormPart, PartValue, content_type_complaint};
use crate::template::{LIMIT, Scope};

/// The content type of a file.
pub(super) fn type_of(file: &FileBody, scope: &mut dyn Scope) -> Result<String, Box<Failure>> {
    Ok(given_type(file.content_type.as_ref(), scope)?
        .unwrap_or_else(|| "application/octet-stream".to_owned()))
}

/// The content type of a form, and its body. The boundary comes from the seed of the run, and stands in no part.
pub(super) fn form(parts: &[FormPart], scope: &mut dyn Scope) -> Result<(String, Vec<u8>), Box<Failure>> {
    let mut read = Vec::with_capacity(parts.len());
    for part in parts {
        read.push(self::part(part, scope)?);
    }
    let size: usize = read.iter().map(|(head, content)| head.len() + content.len()).sum();
    if size > LIMIT {
        return Err(script(format!("a form of {size} bytes; the limit is {} MiB", LIMIT >> 20)));
    }
    let boundary = loop {
        let boundary = format!("sockscope{:016x}{:016x}", scope.random(), scope.random());
        let holds = |content: &[u8]| memchr::memmem::find(content, boundary.as_bytes()).is_some();
        if !read.iter().any(|(_, content)| holds(content)) {
            break boundary;
        }
    };
    let mut body = Vec::with_capacity(size + read.len() * (boundary.len() + 8) + boundary.len() + 8);
    for (head, content) in read {
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(&content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}

/// The fields of a part, and its content.
fn part<'p>(part: &'p FormPart, scope: &mut dyn Scope) -> Result<(String, Cow<'p, [u8]>), Box<Failure>> {
    let name = part.name.get(scope).map_err(script)?;
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&name));
    if let Some(file_name) = &part.file_name {
        let file_name = file_name.get(scope).map_err(script)?;
        head.push_str(&format!("; filename=\"{}\"", escaped(&file_name)));
    }
    let (content, default) = match &part.value {
        PartValue::Text(text) => (Cow::Owned(text.get(scope).map_err(script)?.into_bytes()), None),
        PartValue::Json(document) => {
            let json = document.expand(scope).map_err(script)?.to_string();
            (Cow::Owned(json.into_bytes()), Some("application/json".to_owned()))
        }
        PartValue::File(file) => (Cow::Borrowed(&*file.content), Some(type_of(file, scope)?)),
    };
    if let Some(content_type) = given_type(part.content_type.as_ref(), scope)?.or(default) {
        head.push_str(&format!("\r\nContent-Type: {content_type}"));
    }
    Ok((head, content))
}

fn given_type(given: Option<&Field<String>>, scope: &mut dyn Scope) -> Result<Option<String>, Box<Failure>> {
    let Some(given) = given else { return Ok(None) };
    let content_type = given.get(scope).map_err(script)?;
    match content_type_complaint(&content_type) {
        Some(complaint) => Err(script(complaint)),
        None => Ok(Some(content_type)),
    }
}

/// A name within quotation marks, as the HTML standard has it for forms.
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

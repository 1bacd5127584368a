//! `s3_get`: reads an object from S3 or a server like it.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn run(input: part.Input) Error!Value {
    const missing = try input.choice("missing", enum { fail, null }, .fail);
    const answer = try part.host.ask(try part.s3.request("GET", input));
    const code = try (part.Input{ .map = answer }).int("status", 100, 999);
    if (code == 404 and missing == .null) return found(.null, answer, false);
    if (code == 404) return part.fail("not_found", &.{"there is no such object; set `missing` to 'null' to go on without it"});
    if (code >= 300) return part.failMap(try part.http.refusal(code, answer, false));
    return found(answer.get("body") orelse .null, answer, part.http.isBase64(answer));
}

fn found(body: Value, answer: part.Map, base64: bool) Error!Value {
    return .{ .map = try part.fields(.{
        .{ "body", body },
        .{ "body_base64", Value{ .bool = base64 } },
        .{ "content_type", if (body == .null) .null else part.s3.header(answer, "content-type") },
        .{ "etag", if (body == .null) .null else part.s3.header(answer, "etag") },
    }) };
}

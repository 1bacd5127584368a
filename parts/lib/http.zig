//! HTTP by `http_request`, as the parts that speak to a service share it: one request, and what its status means.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const max_body_in_error = 4096;

pub fn hasScheme(address: []const u8) bool {
    return std.ascii.startsWithIgnoreCase(address, "http://") or std.ascii.startsWithIgnoreCase(address, "https://");
}

/// The field `url`, when it is an address.
pub fn url(input: part.Input) Error![]const u8 {
    const given = try input.text("url");
    return if (hasScheme(given)) given else part.badInput(&.{ "`url` must begin with http:// or https://, but it is `", given, "`" });
}

/// Asks, and gives the answer of a status below 400; any other ends the part with the failure that it is.
pub fn ask(request: part.Map) Error!part.Map {
    const answer = try part.host.ask(request);
    const code = try (part.Input{ .map = answer }).int("status", 100, 999);
    return if (code < 400) answer else part.failMap(try refusal(code, answer, false));
}

/// The failure that a status is: 429 and 5xx may be retried, 4xx not.
pub fn refusal(code: i64, answer: part.Map, accepts: bool) Error!part.Map {
    const retryable = code >= 500 or code == 429;
    const status = try part.integer(code);
    var details = try part.fields(.{.{ "status", status }});
    if (try shortBody(answer)) |body| {
        try details.put(gpa, "body", body);
        if (isBase64(answer)) try details.put(gpa, "body_base64", .{ .bool = true });
    }
    const hint = if (retryable) "; retry later" else "; correct the request";
    var problem = try part.fields(.{
        .{ "code", Value{ .text = if (code == 429) "http_429" else if (code >= 500) "http_5xx" else "http_4xx" } },
        .{ "message", Value{ .text = try part.concat(&.{
            "the server answered ", status.number, hint, if (accepts) ", or list the status in `accept` to handle it yourself" else "",
        }) } },
        .{ "retryable", Value{ .bool = retryable } },
        .{ "details", Value{ .map = details } },
    });
    if (retryAfter(answer)) |ms| try problem.put(gpa, "retry_after_ms", try part.integer(ms));
    return problem;
}

/// The body helps to understand the refusal; a long one is left out.
fn shortBody(answer: part.Map) Error!?Value {
    const body = answer.get("body") orelse return null;
    const written = try part.json_write.write(gpa, body, .{});
    return if (body == .null or written.len > max_body_in_error) null else body;
}

/// Bytes that are no text come and go as base64.
pub fn isBase64(answer: part.Map) bool {
    const marked = answer.get("body_base64") orelse return false;
    return marked == .bool and marked.bool;
}

/// The pause that the server asks for, in either form of `Retry-After`: the host, which has a clock, has read it.
fn retryAfter(answer: part.Map) ?i64 {
    const wait = answer.get("retry_after_ms") orelse return null;
    const ms = if (wait == .number) part.wholeNumber(wait.number) orelse return null else return null;
    return if (ms >= 0) ms else null;
}

//! `http_request`: one HTTP request, made by the host. This part checks what it is given, and decides what an answer
//! means: 4xx and 5xx are failures (`http_4xx`, `http_5xx`, `http_429`) unless `accept` lists the status.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Method = enum { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS };

const max_body_in_error = 4096;

pub fn run(input: part.Input) Error!Value {
    const accept = try acceptedOf(input);
    const answer = try part.host.ask(try requestOf(input));
    const status = part.Input{ .map = answer };
    const code = try status.int("status", 100, 999);
    if (code >= 400 and !accepts(accept, code)) return part.failMap(try refusal(code, answer));
    var output = try part.fields(.{
        .{ "status", try part.integer(code) },
        .{ "headers", answer.get("headers") orelse Value{ .map = .empty } },
        .{ "body", answer.get("body") orelse .null },
    });
    if (isBase64(answer)) try output.put(gpa, "body_base64", .{ .bool = true });
    return .{ .map = output };
}

/// Only what was given is asked for, so that the host's defaults stay the host's.
fn requestOf(input: part.Input) Error!part.Map {
    const method = try methodOf(input);
    const url = try input.text("url");
    if (!hasScheme(url)) return part.badInput(&.{ "`url` must begin with http:// or https://, but it is `", url, "`" });
    var request = try part.fields(.{
        .{ "op", Value{ .text = "http_request" } },
        .{ "method", Value{ .text = @tagName(method) } },
        .{ "url", Value{ .text = url } },
    });
    if (input.get("headers") != null) try request.put(gpa, "headers", .{ .map = try headersOf(input) });
    if (input.get("query") != null) try request.put(gpa, "query", .{ .map = try queryOf(input) });
    if (input.get("body")) |body| try request.put(gpa, "body", body);
    if (try input.boolOr("body_base64", false)) {
        _ = try input.text("body");
        try request.put(gpa, "body_base64", .{ .bool = true });
    }
    if (try input.optionalInt("timeout_ms", 1, 3_600_000)) |ms| try request.put(gpa, "timeout_ms", try part.integer(ms));
    return request;
}

/// `get` is as good as `GET`.
fn methodOf(input: part.Input) Error!Method {
    const given = try input.textOr("method", "GET");
    const named = try part.fields(.{.{ "method", Value{ .text = try std.ascii.allocUpperString(gpa, given) } }});
    return (part.Input{ .map = named }).choice("method", Method, .GET);
}

fn hasScheme(url: []const u8) bool {
    return std.ascii.startsWithIgnoreCase(url, "http://") or std.ascii.startsWithIgnoreCase(url, "https://");
}

fn headersOf(input: part.Input) Error!part.Map {
    const headers = try input.mapField("headers");
    for (headers.keys(), headers.values()) |name, value| {
        if (name.len == 0) return part.badInput(&.{"a name in `headers` is empty"});
        if (value == .list or value == .map) return part.wrongKind(try part.concat(&.{ "headers.", name }), "a string", value);
        const text = if (value == .text) value.text else "";
        if (std.mem.indexOfAny(u8, text, "\r\n\x00") != null or std.mem.indexOfAny(u8, name, "\r\n\x00: ") != null) {
            return part.badInput(&.{ "the header `", name, "` holds a character that no header may hold" });
        }
    }
    return headers;
}

fn queryOf(input: part.Input) Error!part.Map {
    const query = try input.mapField("query");
    for (query.keys(), query.values()) |name, value| {
        if (value == .map) return part.wrongKind(try part.concat(&.{ "query.", name }), "a string, number, boolean or list", value);
    }
    return query;
}

/// What `accept` lists: numbers (404) and classes (`'4xx'`).
fn acceptedOf(input: part.Input) Error![]const Value {
    if (input.get("accept") == null) return &.{};
    const items = try input.list("accept");
    for (items) |item| {
        const fits = switch (item) {
            .number => |text| if (part.wholeNumber(text)) |code| code >= 100 and code <= 599 else false,
            .text => |text| text.len == 3 and text[0] >= '1' and text[0] <= '5' and std.mem.eql(u8, text[1..], "xx"),
            else => false,
        };
        if (!fits) return part.badInput(&.{"`accept` must be a list of statuses such as 404, or classes such as '4xx'"});
    }
    return items;
}

fn accepts(accepted: []const Value, code: i64) bool {
    for (accepted) |item| switch (item) {
        .number => |text| if (part.wholeNumber(text).? == code) return true,
        .text => |text| if (text[0] - '0' == @divFloor(code, 100)) return true,
        else => unreachable,
    };
    return false;
}

fn refusal(code: i64, answer: part.Map) Error!part.Map {
    const retryable = code >= 500 or code == 429;
    const status = try part.integer(code);
    var details = try part.fields(.{.{ "status", status }});
    if (try shortBody(answer)) |body| {
        try details.put(gpa, "body", body);
        if (isBase64(answer)) try details.put(gpa, "body_base64", .{ .bool = true });
    }
    const hint = if (retryable) "retry later, or" else "correct the request, or";
    var problem = try part.fields(.{
        .{ "code", Value{ .text = if (code == 429) "http_429" else if (code >= 500) "http_5xx" else "http_4xx" } },
        .{ "message", Value{ .text = try part.concat(&.{
            "the server answered ", status.number, "; ", hint, " list the status in `accept` to handle it yourself",
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
fn isBase64(answer: part.Map) bool {
    const marked = answer.get("body_base64") orelse return false;
    return marked == .bool and marked.bool;
}

/// The pause that the server asks for, in either form of `Retry-After`: the host, which has a clock, has read it.
fn retryAfter(answer: part.Map) ?i64 {
    const wait = answer.get("retry_after_ms") orelse return null;
    const ms = if (wait == .number) part.wholeNumber(wait.number) orelse return null else return null;
    return if (ms >= 0) ms else null;
}

//! `http_request`: one HTTP request, made by the host. This part checks what it is given, and decides what an answer
//! means: 4xx and 5xx are failures (`http_4xx`, `http_5xx`, `http_429`) unless `accept` lists the status.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Method = enum { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS };

pub fn run(input: part.Input) Error!Value {
    const accept = try acceptedOf(input);
    const answer = try part.host.ask(try requestOf(input));
    const status = part.Input{ .map = answer };
    const code = try status.int("status", 100, 999);
    if (code >= 400 and !accepts(accept, code)) return part.failMap(try part.http.refusal(code, answer, true));
    var output = try part.fields(.{
        .{ "status", try part.integer(code) },
        .{ "headers", answer.get("headers") orelse Value{ .map = .empty } },
        .{ "body", answer.get("body") orelse .null },
    });
    if (part.http.isBase64(answer)) try output.put(gpa, "body_base64", .{ .bool = true });
    return .{ .map = output };
}

/// Only what was given is asked for, so that the host's defaults stay the host's.
fn requestOf(input: part.Input) Error!part.Map {
    const method = try methodOf(input);
    const url = try part.http.url(input);
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

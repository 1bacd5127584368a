//! `llm_chat`: one answer of a language model, from any server that speaks the chat completions of OpenAI.
//!
//! What this part names it checks; what a server knows beyond that goes through `options`. The key is a header, so that
//! a `secret('...')` never comes here. A refusal by a model is an answer; an answer without a message is a failure.

const std = @import("std");
const part = @import("part");
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

const Role = enum { system, developer, user, assistant, tool };

pub fn run(input: part.Input) Error!Value {
    const wants_json = try input.boolOr("json", false) or input.get("json_schema") != null;
    const answer = try part.http.ask(try requestOf(input, wants_json));
    const body = answer.get("body") orelse .null;
    if (body != .map) return badAnswer("its body is not JSON; is `url` the address of a chat completions API?");
    const choices = body.map.get("choices") orelse .null;
    if (choices != .list or choices.list.len == 0 or choices.list[0] != .map) return badAnswer("it has no `choices`");
    const choice = choices.list[0].map;
    const message = choice.get("message") orelse .null;
    if (message != .map) return badAnswer("its first choice has no `message`");
    return output(body.map, choice, message.map, wants_json);
}

fn badAnswer(what: []const u8) Error {
    return part.fail("bad_answer", &.{ "the model's answer cannot be used: ", what });
}

fn output(body: Map, choice: Map, message: Map, wants_json: bool) Error!Value {
    const content = message.get("content") orelse .null;
    const calls = message.get("tool_calls") orelse Value{ .list = &.{} };
    var out = try part.fields(.{
        .{ "text", content },
        .{ "message", Value{ .map = message } },
        .{ "tool_calls", if (calls == .null) Value{ .list = &.{} } else calls },
        .{ "finish_reason", choice.get("finish_reason") orelse .null },
        .{ "model", body.get("model") orelse .null },
        .{ "usage", body.get("usage") orelse .null },
    });
    if (wants_json) try out.put(gpa, "json", try jsonOf(content, choice));
    return .{ .map = out };
}

/// The JSON that was asked for. Some models put it into a fence of Markdown all the same.
fn jsonOf(content: Value, choice: Map) Error!Value {
    if (content != .text) return .null;
    return part.json.read(gpa, unfenced(content.text)) catch |err| {
        const reason = choice.get("finish_reason") orelse .null;
        const cut = reason == .text and std.mem.eql(u8, reason.text, "length");
        const hint = if (cut) "; it was cut off, so raise `max_tokens`" else "";
        return part.failWith("not_json", &.{ "the model was asked for JSON, but: ", part.json.explain(err), hint }, !cut);
    };
}

fn unfenced(text: []const u8) []const u8 {
    const trimmed = std.mem.trim(u8, text, " \t\r\n");
    if (!std.mem.startsWith(u8, trimmed, "```") or !std.mem.endsWith(u8, trimmed, "```")) return trimmed;
    const begin = std.mem.indexOfScalar(u8, trimmed, '\n') orelse return trimmed;
    return if (begin + 3 < trimmed.len) trimmed[begin + 1 .. trimmed.len - 3] else trimmed;
}

fn requestOf(input: part.Input, wants_json: bool) Error!Map {
    var request = try part.fields(.{
        .{ "op", Value{ .text = "http_request" } },
        .{ "method", Value{ .text = "POST" } },
        .{ "url", Value{ .text = try addressOf(try part.http.url(input)) } },
        .{ "headers", Value{ .map = try headersOf(input) } },
        .{ "body", Value{ .map = try bodyOf(input, wants_json) } },
    });
    if (try input.optionalInt("timeout_ms", 1, 3_600_000)) |ms| try request.put(gpa, "timeout_ms", try part.integer(ms));
    return request;
}

/// The base of the API (`https://host/v1`) is enough.
fn addressOf(url: []const u8) Error![]const u8 {
    if (std.mem.indexOfScalar(u8, url, '?') != null) return url;
    const base = std.mem.trimRight(u8, url, "/");
    return if (std.mem.endsWith(u8, base, "/chat/completions")) base else part.concat(&.{ base, "/chat/completions" });
}

fn headersOf(input: part.Input) Error!Map {
    var headers: Map = if (input.get("headers") != null) try (try input.mapField("headers")).clone(gpa) else .empty;
    if (try input.optionalText("api_key")) |key| {
        try headers.put(gpa, "Authorization", .{ .text = try part.concat(&.{ "Bearer ", key }) });
    }
    return headers;
}

fn bodyOf(input: part.Input, wants_json: bool) Error!Map {
    var body = try part.fields(.{
        .{ "model", Value{ .text = try input.text("model") } },
        .{ "messages", Value{ .list = try messagesOf(input) } },
    });
    inline for (.{ "temperature", "top_p" }) |name| if (try input.optionalNumber(name)) |n| try body.put(gpa, name, .{ .number = n });
    inline for (.{ "max_tokens", "seed" }) |name| if (try input.optionalInt(name, 0, 1 << 53)) |n| try body.put(gpa, name, try part.integer(n));
    inline for (.{ "stop", "tools", "tool_choice" }) |name| if (input.get(name)) |given| try body.put(gpa, name, given);
    if (input.get("json_schema") != null) {
        try body.put(gpa, "response_format", try schemaFormat(try input.mapField("json_schema")));
    } else if (wants_json) {
        try body.put(gpa, "response_format", try part.mapOf("type", .{ .text = "json_object" }));
    }
    if (input.get("options") != null) try part.merge.shallow(&body, try input.mapField("options"));
    const stream = body.get("stream") orelse .null;
    if (stream == .bool and stream.bool) return part.badInput(&.{"`options.stream` cannot be true: a step has one output"});
    return body;
}

fn schemaFormat(schema: Map) Error!Value {
    const named = try part.fields(.{
        .{ "name", Value{ .text = "answer" } },
        .{ "strict", Value{ .bool = true } },
        .{ "schema", Value{ .map = schema } },
    });
    return .{ .map = try part.fields(.{ .{ "type", Value{ .text = "json_schema" } }, .{ "json_schema", Value{ .map = named } } }) };
}

/// `system`, then `messages`, then `prompt`.
fn messagesOf(input: part.Input) Error![]const Value {
    var out: std.ArrayList(Value) = .empty;
    if (try input.optionalText("system")) |text| try out.append(gpa, try said("system", text));
    if (input.get("messages") != null) for (try input.list("messages")) |one| {
        if (one != .map) return part.wrongKind("messages", "a list of `{role, content}`", one);
        _ = try (part.Input{ .map = one.map }).choice("role", Role, null);
        try out.append(gpa, one);
    };
    if (try input.optionalText("prompt")) |text| try out.append(gpa, try said("user", text));
    return if (out.items.len > 0) out.items else part.badInput(&.{"give a `prompt`, or `messages`"});
}

fn said(role: []const u8, content: []const u8) Error!Value {
    return .{ .map = try part.fields(.{ .{ "role", Value{ .text = role } }, .{ "content", Value{ .text = content } } }) };
}

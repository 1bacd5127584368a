//! `send_webhook`: tells somebody else's service that something happened, signed by Standard Webhooks when there is a
//! secret. The host signs: this part has the secret's handle and never its value.

const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn run(input: part.Input) Error!Value {
    var request = try part.fields(.{
        .{ "op", Value{ .text = "http_request" } },
        .{ "method", Value{ .text = "POST" } },
        .{ "url", Value{ .text = try part.http.url(input) } },
        .{ "body", try input.any("payload") },
    });
    if (input.get("headers") != null) try request.put(gpa, "headers", .{ .map = try input.mapField("headers") });
    if (try input.optionalInt("timeout_ms", 1, 3_600_000)) |ms| try request.put(gpa, "timeout_ms", try part.integer(ms));
    if (try input.optionalText("secret")) |secret| try request.put(gpa, "sign", try signature(secret, try input.optionalText("id")));
    const answer = try part.http.ask(request);
    const status = try (part.Input{ .map = answer }).int("status", 100, 399);
    if (status >= 300) return part.fail("http_3xx", &.{"the server answered with a redirect, which a webhook does not follow; use the new address"});
    return .{ .map = try part.fields(.{
        .{ "status", try part.integer(status) },
        .{ "body", answer.get("body") orelse .null },
    }) };
}

fn signature(secret: []const u8, id: ?[]const u8) Error!Value {
    var sign = try part.fields(.{
        .{ "scheme", Value{ .text = "standard_webhooks" } },
        .{ "secret", Value{ .text = secret } },
    });
    if (id) |name| try sign.put(gpa, "id", .{ .text = name });
    return .{ .map = sign };
}

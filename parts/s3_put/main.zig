//! `s3_put`: writes an object to S3 or a server like it. What was there before is replaced.

const part = @import("part");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub fn run(input: part.Input) Error!Value {
    var request = try part.s3.request("PUT", input);
    const body = try input.any("body");
    if (body == .null) return part.badInput(&.{"`body` must not be null; an empty object is the text ''"});
    try request.put(gpa, "body", body);
    if (try input.boolOr("body_base64", false)) {
        _ = try input.text("body");
        try request.put(gpa, "body_base64", .{ .bool = true });
    }
    if (try input.optionalText("content_type")) |kind| {
        try request.put(gpa, "headers", try part.mapOf("Content-Type", .{ .text = kind }));
    }
    const answer = try part.http.ask(request);
    return part.mapOf("etag", part.s3.header(answer, "etag"));
}

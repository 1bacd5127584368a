//! `kv_put`: keeps a value under a key, for ever or for some seconds. The last one to write wins.

const part = @import("part");
const Error = part.Error;
const gpa = part.gpa;

const longest_s = 10 * 366 * 24 * 3600;

pub fn run(input: part.Input) Error!part.Value {
    var request = try part.kv.request("kv_put", input);
    const value = try input.any("value");
    if (value == .null) return part.badInput(&.{"`value` must not be null, which means that nothing is there; use kv_delete"});
    try request.put(gpa, "value", value);
    const ttl = try input.optionalInt("ttl_s", 1, longest_s);
    if (ttl) |seconds| try request.put(gpa, "ttl_s", try part.integer(seconds));
    _ = try part.host.ask(request);
    return .{ .map = try part.fields(.{
        .{ "key", request.get("key").? },
        .{ "ttl_s", if (ttl) |seconds| try part.integer(seconds) else .null },
    }) };
}

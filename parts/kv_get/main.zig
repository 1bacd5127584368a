//! `kv_get`: what this recipe kept under a key. A key that is missing or has expired gives `default`.

const part = @import("part");
const Error = part.Error;

pub fn run(input: part.Input) Error!part.Value {
    const answer = try part.host.ask(try part.kv.request("kv_get", input));
    const value = answer.get("value") orelse .null;
    const found = value != .null;
    const given = if (found) value else input.map.get("default") orelse .null;
    return .{ .map = try part.fields(.{ .{ "value", given }, .{ "found", part.Value{ .bool = found } } }) };
}

//! `kv_delete`: forgets what is under a key. Deleting what is not there is no error, so that it may be repeated.

const part = @import("part");
const Error = part.Error;

pub fn run(input: part.Input) Error!part.Value {
    const request = try part.kv.request("kv_delete", input);
    const answer = try part.host.ask(request);
    return .{ .map = try part.fields(.{
        .{ "key", request.get("key").? },
        .{ "deleted", answer.get("deleted") orelse .null },
    }) };
}

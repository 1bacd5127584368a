//! `if_control`: a condition as a result and as a branch to follow. A condition is `true`, `false` or `null` (which, as
//! in Cypher, is not true); nothing else is taken for a truth, so that `'false'` or `0` cannot choose a branch by accident.

const part = @import("part");
const Value = part.Value;

pub fn run(input: part.Input) part.Error!Value {
    const condition = try input.any("condition");
    const truth = switch (condition) {
        .bool => |b| b,
        .null => false,
        else => return part.wrongKind("condition", "true, false or null (compare the value first, as in `x > 0`)", condition),
    };
    return .{ .map = try part.fields(.{
        .{ "result", Value{ .bool = truth } },
        .{ "branch", Value{ .text = if (truth) "true" else "false" } },
    }) };
}

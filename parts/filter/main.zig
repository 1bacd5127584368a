//! `filter`: the items of a list for which a condition holds, in their order.

const std = @import("std");
const part = @import("part");
const Value = part.Value;

pub fn run(input: part.Input) part.Error!Value {
    const items = try input.list("items");
    const condition = try part.condition.parse(input.get("where") orelse return part.missing("where"), "where");
    var kept: std.ArrayList(Value) = .empty;
    for (items) |item| {
        if (try condition.holds(item)) try kept.append(part.gpa, item);
    }
    return .{ .map = try part.fields(.{
        .{ "items", Value{ .list = kept.items } },
        .{ "count", try part.integer(kept.items.len) },
    }) };
}

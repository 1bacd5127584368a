//! `set`: answers the map that it was given.

const part = @import("part");

pub fn run(input: part.Input) part.Error!part.Value {
    return .{ .map = input.map };
}

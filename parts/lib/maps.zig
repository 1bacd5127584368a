//! Maps with other keys.

const std = @import("std");
const part = @import("part.zig");
const Map = part.Map;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub const Names = std.StringArrayHashMapUnmanaged(void);

pub fn namesOf(keys: []const []const u8) Error!Names {
    var names: Names = .empty;
    for (keys) |key| try names.put(gpa, key, {});
    return names;
}

/// The fields that are named, or those that are not, in the order of the map.
pub fn chosen(map: Map, names: Names, wanted: bool) Error!Map {
    var out: Map = .empty;
    for (map.keys(), map.values()) |key, value| {
        if (names.contains(key) == wanted) try out.put(gpa, key, value);
    }
    return out;
}

/// `names` leads from old keys to new ones; the others stay.
pub fn renamed(map: Map, names: Map) Error!Map {
    var out: Map = .empty;
    for (map.keys(), map.values()) |key, value| {
        const name = names.get(key) orelse Value{ .text = key };
        if (name != .text) return part.wrongKind("names", "a map of old names to new names", name);
        try out.put(gpa, name.text, value);
    }
    return out;
}

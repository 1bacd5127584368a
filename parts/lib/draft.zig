//! A value that is changed in many places: maps and lists on the way to a change are opened once, and changed in place
//! from then on. Everything else stays the value that it was, shared with whatever else holds it.
//!
//! Sharing is why copies are counted: a few copies of copies are a value that no memory could hold when it is written.

const std = @import("std");
const part = @import("part.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const most_levels = part.json.max_depth;
/// Bytes, about as JSON has them.
const most_copied = 16 << 20;

/// What was removed leaves its key behind, so that the others keep their places.
const Members = struct { slots: std.StringArrayHashMapUnmanaged(?*Node) = .empty, count: usize = 0 };

pub const Node = struct {
    content: union(enum) { value: Value, list: std.ArrayList(*Node), map: Members },
    /// There are no more levels of maps and lists here, this one included; perhaps fewer, when something was removed.
    levels: usize,

    pub fn of(value: Value) Error!*Node {
        const node = try gpa.create(Node);
        node.* = .{ .content = .{ .value = value }, .levels = levelsOf(value) };
        return node;
    }

    fn open(self: *Node) Error!void {
        if (self.content != .value) return;
        switch (self.content.value) {
            .list => |items| {
                var nodes = try std.ArrayList(*Node).initCapacity(gpa, items.len);
                for (items) |item| nodes.appendAssumeCapacity(try self.inner(item));
                self.content = .{ .list = nodes };
            },
            .map => |map| {
                var members = Members{ .count = map.count() };
                for (map.keys(), map.values()) |key, item| try members.slots.put(gpa, key, try self.inner(item));
                self.content = .{ .map = members };
            },
            else => {},
        }
    }

    fn inner(self: *const Node, item: Value) Error!*Node {
        const node = try gpa.create(Node);
        node.* = .{ .content = .{ .value = item }, .levels = if (item == .list or item == .map) self.levels - 1 else 0 };
        return node;
    }

    pub fn child(self: *Node, key: []const u8) Error!?*Node {
        try self.open();
        return switch (self.content) {
            .value => null,
            .list => |nodes| if (placeIn(key, nodes.items.len)) |at| nodes.items[at] else null,
            .map => |members| members.slots.get(key) orelse null,
        };
    }

    pub fn asValue(self: *const Node) Error!Value {
        switch (self.content) {
            .value => |same| return same,
            .list => |nodes| {
                const items = try gpa.alloc(Value, nodes.items.len);
                for (nodes.items, items) |node, *slot| slot.* = try node.asValue();
                return .{ .list = items };
            },
            .map => |members| {
                var map: part.Map = .empty;
                for (members.slots.keys(), members.slots.values()) |key, slot| {
                    if (slot) |node| try map.put(gpa, key, try node.asValue());
                }
                return .{ .map = map };
            },
        }
    }

    /// Never costs more than what it is compared with.
    pub fn equals(self: *const Node, other: Value) Error!bool {
        switch (self.content) {
            .value => |same| return part.compare.equal(same, other),
            .list => |nodes| {
                if (other != .list or other.list.len != nodes.items.len) return false;
                for (nodes.items, other.list) |node, item| if (!try node.equals(item)) return false;
            },
            .map => |members| {
                if (other != .map or other.map.count() != members.count) return false;
                for (other.map.keys(), other.map.values()) |key, item| {
                    const node = members.slots.get(key) orelse return false;
                    if (node == null or !try node.?.equals(item)) return false;
                }
            },
        }
        return true;
    }
};

pub const Draft = struct {
    root: *Node,
    copied: usize = 0,

    pub fn of(value: Value) Error!Draft {
        return .{ .root = try Node.of(value) };
    }

    pub fn find(self: Draft, path: part.path.Path) Error!?*Node {
        var node = self.root;
        for (path) |key| node = try node.child(key) orelse return null;
        return node;
    }

    /// Put into a map, or into a list in front of what stands there. False when there is no such place.
    pub fn add(self: *Draft, path: part.path.Path, new: *Node) Error!bool {
        if (path.len == 0) {
            self.root = new;
            return true;
        }
        const last = path[path.len - 1];
        const parent = try self.find(path[0 .. path.len - 1]) orelse return false;
        try parent.open();
        switch (parent.content) {
            .value => return false,
            .list => |*nodes| {
                const end = nodes.items.len;
                const at = if (std.mem.eql(u8, last, "-")) end else placeIn(last, end + 1) orelse return false;
                try nodes.insert(gpa, at, new);
            },
            .map => |*members| {
                const slot = try members.slots.getOrPut(gpa, last);
                if (!slot.found_existing or slot.value_ptr.* == null) members.count += 1;
                slot.value_ptr.* = new;
            },
        }
        try self.raise(path, new);
        return true;
    }

    /// `path` leads to something.
    pub fn replace(self: *Draft, path: part.path.Path, new: *Node) Error!void {
        const node = (try self.find(path)).?;
        node.* = new.*;
        try self.raise(path, node);
    }

    /// `path` leads to something. Without the whole value there is null.
    pub fn remove(self: *Draft, path: part.path.Path) Error!*Node {
        const node = (try self.find(path)).?;
        if (path.len == 0) {
            self.root = try Node.of(.null);
            return node;
        }
        const last = path[path.len - 1];
        const parent = (try self.find(path[0 .. path.len - 1])).?;
        switch (parent.content) {
            .value => unreachable,
            .list => |*nodes| _ = nodes.orderedRemove(placeIn(last, nodes.items.len).?),
            .map => |*members| {
                members.slots.getPtr(last).?.* = null;
                members.count -= 1;
            },
        }
        return node;
    }

    /// What a node holds, as a node of its own.
    pub fn copy(self: *Draft, node: *Node) Error!*Node {
        if (!weigh(node, &self.copied)) {
            return part.fail("too_large", &.{"the copies in the patch would be larger than 16 MiB; copy less, or patch in several steps"});
        }
        return Node.of(try node.asValue());
    }

    /// Tell all nodes on the way that there are more levels below them.
    fn raise(self: *Draft, path: part.path.Path, new: *Node) Error!void {
        if (path.len + new.levels > most_levels) new.levels = levelsOf(try new.asValue());
        if (path.len + new.levels > most_levels) return error.TooDeep;
        var node = self.root;
        for (path, 0..) |key, i| {
            node.levels = @max(node.levels, path.len - i + new.levels);
            if (i + 1 < path.len) node = (try node.child(key)).?;
        }
    }
};

/// A place in a list as JSON Pointer writes it, or null: digits, without a zero in front of others.
pub fn placeIn(key: []const u8, len: usize) ?usize {
    if (key.len == 0 or (key[0] == '0' and key.len > 1)) return null;
    for (key) |byte| if (!std.ascii.isDigit(byte)) return null;
    const at = std.fmt.parseInt(usize, key, 10) catch return null;
    return if (at < len) at else null;
}

fn levelsOf(value: Value) usize {
    var below: usize = 0;
    switch (value) {
        .list => |items| for (items) |item| {
            below = @max(below, levelsOf(item));
        },
        .map => |map| for (map.values()) |item| {
            below = @max(below, levelsOf(item));
        },
        else => return 0,
    }
    return below + 1;
}

/// Count the bytes of a node; false as soon as there are too many.
fn weigh(node: *const Node, bytes: *usize) bool {
    switch (node.content) {
        .value => |value| return weighValue(value, bytes),
        .list => |nodes| for (nodes.items) |item| if (!weigh(item, bytes)) return false,
        .map => |members| for (members.slots.keys(), members.slots.values()) |key, slot| {
            bytes.* += key.len + 3;
            if (slot) |item| if (!weigh(item, bytes)) return false;
        },
    }
    bytes.* += 2;
    return bytes.* <= most_copied;
}

fn weighValue(value: Value, bytes: *usize) bool {
    bytes.* += 2;
    switch (value) {
        .null, .bool => bytes.* += 3,
        .number, .text => |text| bytes.* += text.len,
        .list => |items| for (items) |item| if (!weighValue(item, bytes)) return false,
        .map => |map| for (map.keys(), map.values()) |key, item| {
            bytes.* += key.len + 3;
            if (!weighValue(item, bytes)) return false;
        },
    }
    return bytes.* <= most_copied;
}

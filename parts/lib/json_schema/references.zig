//! Where references in a schema lead to: resources (schemas with an `$id`), anchors, and JSON Pointers.
//!
//! Nothing is fetched: a reference leads to a place in the schemas that were given, or it is refused before anything is
//! checked. Schemas are told apart by where their maps lie in memory.

const std = @import("std");
const part = @import("../part.zig");
const schemas = @import("schema.zig");
const uri = @import("../uri.zig");
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

const Resource = struct {
    address: []const u8,
    root: Value,
    anchors: std.StringHashMapUnmanaged(Value) = .empty,
    dynamic: std.StringHashMapUnmanaged(Value) = .empty,
};

/// A schema that a reference leads to. `dynamic` is its name when it is one that the outermost resource may replace.
pub const Found = struct { schema: Value, dynamic: ?[]const u8 = null };

const Pending = struct { home: usize, text: []const u8 };

pub const References = struct {
    resources: std.ArrayList(Resource) = .empty,
    homes: std.AutoHashMapUnmanaged(usize, usize) = .empty,
    pending: std.ArrayList(Pending) = .empty,
    /// Whether some schema asks what others have not looked at: only then is that kept.
    unevaluated: bool = false,

    /// Checks a schema and the `others` that it may refer to, by their addresses. Refuses references that lead nowhere;
    /// what they lead to is checked as a schema, wherever it stands.
    pub fn read(schema: Value, others: Map, rules: schemas.Rules) Error!References {
        var self = References{};
        try self.add("", schema, rules);
        for (others.keys(), others.values()) |address, other| try self.add(uri.split(address).address, other, rules);
        var done: usize = 0;
        while (done < self.pending.items.len) : (done += 1) {
            const one = self.pending.items[done];
            const found = try self.find(one.home, one.text) orelse return nowhere(one.text);
            if (found.schema == .map and self.homeOf(found.schema.map) != null) continue;
            try schemas.check(found.schema, rules);
            try self.walk(found.schema, one.home);
        }
        return self;
    }

    fn add(self: *References, address: []const u8, schema: Value, rules: schemas.Rules) Error!void {
        try schemas.check(schema, rules);
        try self.resources.append(gpa, .{ .address = address, .root = schema });
        try self.walk(schema, self.resources.items.len - 1);
    }

    fn walk(self: *References, schema: Value, above: usize) Error!void {
        if (schema != .map or schema.map.count() == 0) return;
        const map = schema.map;
        const home = if (map.get("$id")) |id| try self.resource(schema, id.text, above) else above;
        try self.homes.put(gpa, place(map), home);
        const names = &self.resources.items[home];
        if (map.get("$anchor")) |name| try names.anchors.put(gpa, name.text, schema);
        if (map.get("$dynamicAnchor")) |name| try names.dynamic.put(gpa, name.text, schema);
        inline for (.{ "$ref", "$dynamicRef" }) |keyword| if (map.get(keyword)) |text| {
            try self.pending.append(gpa, .{ .home = home, .text = text.text });
        };
        if (map.contains("unevaluatedItems") or map.contains("unevaluatedProperties")) self.unevaluated = true;
        for (map.keys(), map.values()) |name, value| for (try schemas.inside(name, value)) |inner| try self.walk(inner, home);
    }

    fn resource(self: *References, schema: Value, id: []const u8, above: usize) Error!usize {
        const address = try uri.resolve(self.resources.items[above].address, uri.split(id).address);
        const known = &self.resources.items[above];
        if (known.root == .map and place(known.root.map) == place(schema.map) and known.address.len == 0) {
            known.address = address;
            return above;
        }
        try self.resources.append(gpa, .{ .address = address, .root = schema });
        return self.resources.items.len - 1;
    }

    /// The resource that a schema belongs to; null for one that has no keywords.
    pub fn homeOf(self: *const References, map: Map) ?usize {
        return if (map.count() == 0) null else self.homes.get(place(map));
    }

    /// What a reference leads to that stands in this resource.
    pub fn find(self: *const References, home: usize, text: []const u8) Error!?Found {
        const parts = uri.split(text);
        const address = try uri.resolve(self.resources.items[home].address, parts.address);
        const index = if (parts.address.len == 0) home else self.at(address) orelse return null;
        const target = self.resources.items[index];
        const fragment = part.encoding.fromPercent(parts.fragment, false) catch return null;
        if (fragment.len == 0) return .{ .schema = target.root };
        if (fragment[0] == '/') {
            const path = part.path.parse(fragment) catch return null;
            return .{ .schema = part.path.get(target.root, path) orelse return null };
        }
        if (target.dynamic.get(fragment)) |schema| return .{ .schema = schema, .dynamic = fragment };
        return .{ .schema = target.anchors.get(fragment) orelse return null };
    }

    /// The outermost schema of this name among the resources that were entered, the first one first.
    pub fn outermost(self: *const References, name: []const u8, entered: []const usize) ?Value {
        for (entered) |index| if (self.resources.items[index].dynamic.get(name)) |schema| return schema;
        return null;
    }

    fn at(self: *const References, address: []const u8) ?usize {
        for (self.resources.items, 0..) |one, index| if (std.mem.eql(u8, one.address, address)) return index;
        return null;
    }
};

fn place(map: Map) usize {
    return @intFromPtr(map.keys().ptr);
}

fn nowhere(text: []const u8) Error {
    return part.badInput(&.{ "`$ref` leads to `", text, "`, which is not in the schema; nothing is fetched: it may lead to places in the schema (`#/$defs/...`), to its anchors and `$id`s, and to `schemas`" });
}

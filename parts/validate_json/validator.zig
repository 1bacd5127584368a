//! Follows a value through a schema. Where a value must fit one of several schemas, the errors of the single ones are
//! not told (they would contradict each other); everywhere else every error is.

const std = @import("std");
const part = @import("part");
const schemas = @import("schema.zig");
const formats = @import("formats.zig");
const regex = @import("regex.zig");
const decimal = part.decimal;
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

/// A schema that refers to itself without going on in the value would never end.
const max_depth = 200;
const max_errors = 1000;

pub const Validator = struct {
    root: Value,
    errors: std.ArrayList(Value) = .empty,
    quiet: bool = false,

    pub fn fits(self: *Validator, schema: Value, value: Value, at: []const u8, depth: usize) Error!bool {
        if (depth > max_depth) return part.badInput(&.{"the schema refers to itself without end"});
        if (schema == .bool) return schema.bool or try self.wrong(at, "false", &.{"nothing is allowed here"});
        const map = schema.map;
        var good = true;
        if (map.get("$ref")) |ref| good = try self.fits(schemas.resolve(self.root, ref.text).?, value, at, depth + 1);
        good = try self.general(map, value, at) and good;
        good = try self.combined(map, value, at, depth) and good;
        return switch (value) {
            .number => |text| try self.numeric(map, text, at) and good,
            .text => |text| try self.textual(map, text, at) and good,
            .list => |items| try self.list(map, items, at, depth) and good,
            .map => |entries| try self.object(map, entries, at, depth) and good,
            .null, .bool => good,
        };
    }

    /// Whether it fits, without telling why not.
    fn fitsQuietly(self: *Validator, schema: Value, value: Value, at: []const u8, depth: usize) Error!bool {
        const before = self.quiet;
        self.quiet = true;
        defer self.quiet = before;
        return self.fits(schema, value, at, depth + 1);
    }

    fn wrong(self: *Validator, at: []const u8, keyword: []const u8, message: []const []const u8) Error!bool {
        if (self.quiet or self.errors.items.len >= max_errors) return false;
        try self.errors.append(gpa, .{ .map = try part.fields(.{
            .{ "path", Value{ .text = at } },
            .{ "keyword", Value{ .text = keyword } },
            .{ "message", Value{ .text = try part.concat(message) } },
        }) });
        return false;
    }

    fn general(self: *Validator, map: Map, value: Value, at: []const u8) Error!bool {
        var good = true;
        if (map.get("type")) |types| if (!isOneOf(types, value)) {
            good = try self.wrong(at, "type", &.{ "must be ", try namesOf(types), ", but is ", typeName(value) });
        };
        if (map.get("enum")) |known| if (!try part.merge.has(known.list, value)) {
            good = try self.wrong(at, "enum", &.{ "must be one of ", try shown(known) });
        };
        if (map.get("const")) |wanted| if (!try part.compare.equal(wanted, value)) {
            good = try self.wrong(at, "const", &.{ "must be ", try shown(wanted) });
        };
        return good;
    }

    fn combined(self: *Validator, map: Map, value: Value, at: []const u8, depth: usize) Error!bool {
        var good = true;
        if (map.get("allOf")) |all| for (all.list) |one| {
            good = try self.fits(one, value, at, depth + 1) and good;
        };
        if (map.get("anyOf")) |any| if (try self.countFitting(any.list, value, at, depth) == 0) {
            good = try self.wrong(at, "anyOf", &.{"must fit at least one of the schemas"});
        };
        if (map.get("oneOf")) |one| {
            const count = try self.countFitting(one.list, value, at, depth);
            const text = (try part.integer(count)).number;
            if (count != 1) good = try self.wrong(at, "oneOf", &.{ "must fit exactly one of the schemas, but fits ", text });
        }
        if (map.get("not")) |no| if (try self.fitsQuietly(no, value, at, depth)) {
            good = try self.wrong(at, "not", &.{"must not fit the schema"});
        };
        const condition = map.get("if") orelse return good;
        const branch = map.get(if (try self.fitsQuietly(condition, value, at, depth)) "then" else "else") orelse return good;
        return try self.fits(branch, value, at, depth + 1) and good;
    }

    fn countFitting(self: *Validator, all: []const Value, value: Value, at: []const u8, depth: usize) Error!usize {
        var count: usize = 0;
        for (all) |one| count += @intFromBool(try self.fitsQuietly(one, value, at, depth));
        return count;
    }

    fn numeric(self: *Validator, map: Map, text: []const u8, at: []const u8) Error!bool {
        var good = true;
        const bounds = .{
            .{ "minimum", "at least ", .lt, false },          .{ "maximum", "at most ", .gt, false },
            .{ "exclusiveMinimum", "more than ", .lt, true }, .{ "exclusiveMaximum", "less than ", .gt, true },
        };
        inline for (bounds) |bound| if (map.get(bound[0])) |limit| {
            const found = try part.compare.numbers(text, limit.number);
            if (found == bound[2] or (bound[3] and found == .eq)) {
                good = try self.wrong(at, bound[0], &.{ "must be ", bound[1], limit.number });
            }
        };
        if (map.get("multipleOf")) |unit| if (!try isMultiple(text, unit.number)) {
            good = try self.wrong(at, "multipleOf", &.{ "must be a multiple of ", unit.number });
        };
        return good;
    }

    fn textual(self: *Validator, map: Map, found: []const u8, at: []const u8) Error!bool {
        var good = try self.counted(map, "minLength", "maxLength", "characters", part.unicode.length(found), at);
        if (map.get("pattern")) |pattern| if (!try matches(pattern.text, found)) {
            good = try self.wrong(at, "pattern", &.{ "must match ", pattern.text });
        };
        if (map.get("format")) |format| if (!formats.fits(format.text, found)) {
            good = try self.wrong(at, "format", &.{ "must be written as a ", format.text });
        };
        return good;
    }

    fn counted(self: *Validator, map: Map, comptime low: []const u8, comptime high: []const u8, what: []const u8, count: usize, at: []const u8) Error!bool {
        var good = true;
        if (map.get(low)) |least| if (count < part.wholeNumber(least.number).?) {
            good = try self.wrong(at, low, &.{ "must have at least ", least.number, " ", what });
        };
        if (map.get(high)) |most| if (count > part.wholeNumber(most.number).?) {
            good = try self.wrong(at, high, &.{ "must have at most ", most.number, " ", what });
        };
        return good;
    }

    fn list(self: *Validator, map: Map, items: []const Value, at: []const u8, depth: usize) Error!bool {
        var good = try self.counted(map, "minItems", "maxItems", "items", items.len, at);
        const prefix: []const Value = if (map.get("prefixItems")) |found| found.list else &.{};
        for (items, 0..) |item, i| {
            const schema = if (i < prefix.len) prefix[i] else map.get("items") orelse continue;
            good = try self.fits(schema, item, try below(at, (try part.integer(i)).number), depth + 1) and good;
        }
        if (map.get("uniqueItems")) |unique| if (unique.bool and try hasTwins(items)) {
            good = try self.wrong(at, "uniqueItems", &.{"must not have an item twice"});
        };
        return try self.contained(map, items, at, depth) and good;
    }

    fn contained(self: *Validator, map: Map, items: []const Value, at: []const u8, depth: usize) Error!bool {
        const schema = map.get("contains") orelse return true;
        var count: i64 = 0;
        for (items) |item| count += @intFromBool(try self.fitsQuietly(schema, item, at, depth));
        const low = if (map.get("minContains")) |least| part.wholeNumber(least.number).? else 1;
        if (count < low) return self.wrong(at, "contains", &.{"has too few items that fit `contains`"});
        const high = part.wholeNumber((map.get("maxContains") orelse return true).number).?;
        return count <= high or try self.wrong(at, "maxContains", &.{"has too many items that fit `contains`"});
    }

    fn object(self: *Validator, map: Map, entries: Map, at: []const u8, depth: usize) Error!bool {
        var good = try self.counted(map, "minProperties", "maxProperties", "properties", entries.count(), at);
        if (map.get("required")) |required| good = try self.allPresent(required.list, entries, at, "required") and good;
        if (map.get("dependentRequired")) |dependent| for (dependent.map.keys(), dependent.map.values()) |key, wanted| {
            if (entries.contains(key)) good = try self.allPresent(wanted.list, entries, at, "dependentRequired") and good;
        };
        if (map.get("dependentSchemas")) |dependent| for (dependent.map.keys(), dependent.map.values()) |key, schema| {
            if (entries.contains(key)) good = try self.fits(schema, .{ .map = entries }, at, depth + 1) and good;
        };
        for (entries.keys(), entries.values()) |key, value| good = try self.property(map, key, value, at, depth) and good;
        return good;
    }

    fn allPresent(self: *Validator, wanted: []const Value, entries: Map, at: []const u8, keyword: []const u8) Error!bool {
        var good = true;
        for (wanted) |key| if (!entries.contains(key.text)) {
            good = try self.wrong(at, keyword, &.{ "`", key.text, "` is missing" });
        };
        return good;
    }

    fn property(self: *Validator, map: Map, key: []const u8, value: Value, at: []const u8, depth: usize) Error!bool {
        const here = try below(at, key);
        var good = true;
        var known = false;
        if (map.get("propertyNames")) |names| good = try self.fits(names, .{ .text = key }, here, depth + 1);
        if (map.get("properties")) |properties| if (properties.map.get(key)) |schema| {
            known = true;
            good = try self.fits(schema, value, here, depth + 1) and good;
        };
        if (map.get("patternProperties")) |patterns| for (patterns.map.keys(), patterns.map.values()) |pattern, schema| {
            if (!try matches(pattern, key)) continue;
            known = true;
            good = try self.fits(schema, value, here, depth + 1) and good;
        };
        const others = map.get("additionalProperties") orelse return good;
        if (known) return good;
        if (others == .bool and !others.bool) return self.wrong(here, "additionalProperties", &.{ "`", key, "` is not allowed" });
        return try self.fits(others, value, here, depth + 1) and good;
    }
};

fn typeName(value: Value) []const u8 {
    return switch (value) {
        .null => "null",
        .bool => "boolean",
        .number => "number",
        .text => "string",
        .list => "array",
        .map => "object",
    };
}

fn isOneOf(types: Value, value: Value) bool {
    if (types == .text) return isOfType(types.text, value);
    for (types.list) |one| if (isOfType(one.text, value)) return true;
    return false;
}

fn isOfType(name: []const u8, value: Value) bool {
    if (std.mem.eql(u8, name, "integer")) {
        return value == .number and (decimal.parse(value.number) catch return false).isWhole();
    }
    return std.mem.eql(u8, name, typeName(value));
}

fn namesOf(types: Value) Error![]const u8 {
    if (types == .text) return types.text;
    const names = try gpa.alloc([]const u8, types.list.len);
    for (types.list, names) |one, *slot| slot.* = one.text;
    return std.mem.join(gpa, " or ", names);
}

fn shown(value: Value) Error![]const u8 {
    return part.json_write.write(gpa, value, .{});
}

fn isMultiple(text: []const u8, unit: []const u8) Error!bool {
    const rest = try part.arithmetic.remainder(try decimal.parse(text), try decimal.parse(unit), .down);
    return rest.isZero();
}

fn matches(pattern: []const u8, text: []const u8) Error!bool {
    const compiled = regex.compile(pattern) catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        else => unreachable, // `schema.check` has compiled every pattern before
    };
    return compiled.matches(text);
}

fn hasTwins(items: []const Value) Error!bool {
    for (items, 0..) |a, i| {
        for (items[i + 1 ..]) |b| if (try part.compare.equal(a, b)) return true;
    }
    return false;
}

fn below(at: []const u8, key: []const u8) Error![]const u8 {
    const tildes = try std.mem.replaceOwned(u8, gpa, key, "~", "~0");
    return part.concat(&.{ at, "/", try std.mem.replaceOwned(u8, gpa, tildes, "/", "~1") });
}

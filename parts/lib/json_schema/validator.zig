//! Follows a value through a schema. Where a value must fit one of several schemas, the errors of the single ones are
//! not told (they would contradict each other); everywhere else every error is.
//!
//! `unevaluatedItems` and `unevaluatedProperties` are about the children that no schema for the same value has looked at,
//! of those that it fits. So each schema marks the children that it looks at, and hands its marks up when it is fitted.

const std = @import("std");
const part = @import("../part.zig");
const schemas = @import("schema.zig");
const formats = @import("formats.zig");
const values = @import("values.zig");
const References = @import("references.zig").References;
const Value = part.Value;
const Map = part.Map;
const Error = part.Error;
const gpa = part.gpa;

/// A schema that refers to itself without going on in the value would never end.
const max_depth = 200;
const max_errors = 1000;

const Allowed = struct { values: part.Distinct, shown: []const u8 };

/// For each child of a value whether a schema has looked at it; empty when nobody asks.
const Marks = []bool;

pub const Validator = struct {
    references: References,
    rules: schemas.Rules,
    /// The resources that were entered on the way here, the outermost first.
    entered: std.ArrayList(usize) = .empty,
    errors: std.ArrayList(Value) = .empty,
    quiet: bool = false,
    /// By the places of the lists of values in the schema.
    allowed: std.AutoHashMapUnmanaged([*]const Value, Allowed) = .empty,

    pub fn fits(self: *Validator, schema: Value, value: Value, at: []const u8, depth: usize, above: Marks) Error!bool {
        if (depth > max_depth) return part.badInput(&.{"the schema refers to itself without end"});
        if (schema == .bool) return schema.bool or try self.wrong(at, "false", &.{"nothing is allowed here"});
        const map = schema.map;
        const before = self.entered.items.len;
        defer self.entered.shrinkRetainingCapacity(before);
        if (self.references.homeOf(map)) |home| if (before == 0 or self.entered.items[before - 1] != home) {
            try self.entered.append(gpa, home);
        };
        const marks = try self.marksFor(value);
        var good = try self.referred(map, value, at, depth, marks);
        good = try self.general(map, value, at) and good;
        good = try self.combined(map, value, at, depth, marks) and good;
        good = switch (value) {
            .number => |text| try self.numeric(map, text, at) and good,
            .text => |text| try self.textual(map, text, at) and good,
            .list => |items| try self.list(map, items, at, depth, marks) and good,
            .map => |entries| try self.object(map, entries, at, depth, marks) and good,
            .null, .bool => good,
        };
        if (good and above.len > 0) for (marks, above) |marked, *slot| {
            slot.* = slot.* or marked;
        };
        return good;
    }

    /// A value that is another than the one that holds it.
    fn fitsChild(self: *Validator, schema: Value, value: Value, at: []const u8, depth: usize) Error!bool {
        return self.fits(schema, value, at, depth + 1, &.{});
    }

    /// Whether it fits, without telling why not.
    fn fitsQuietly(self: *Validator, schema: Value, value: Value, at: []const u8, depth: usize, marks: Marks) Error!bool {
        const before = self.quiet;
        self.quiet = true;
        defer self.quiet = before;
        return self.fits(schema, value, at, depth + 1, marks);
    }

    fn marksFor(self: *const Validator, value: Value) Error!Marks {
        const count = if (!self.references.unevaluated) 0 else switch (value) {
            .list => |items| items.len,
            .map => |entries| entries.count(),
            else => 0,
        };
        const marks = try gpa.alloc(bool, count);
        @memset(marks, false);
        return marks;
    }

    fn referred(self: *Validator, map: Map, value: Value, at: []const u8, depth: usize, marks: Marks) Error!bool {
        var good = true;
        const home = self.references.homeOf(map) orelse return good;
        if (map.get("$ref")) |ref| {
            const found = (try self.references.find(home, ref.text)).?; // `References.read` has found it before
            good = try self.fits(found.schema, value, at, depth + 1, marks);
        }
        if (map.get("$dynamicRef")) |ref| {
            const found = (try self.references.find(home, ref.text)).?;
            const outer = if (found.dynamic) |name| self.references.outermost(name, self.entered.items) else null;
            good = try self.fits(outer orelse found.schema, value, at, depth + 1, marks) and good;
        }
        return good;
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
        if (map.get("type")) |types| if (!values.isOneOf(types, value)) {
            good = try self.wrong(at, "type", &.{ "must be ", try values.namesOf(types), ", but is ", values.typeName(value) });
        };
        if (map.get("enum")) |wanted| {
            const allowed = try self.allowedBy(wanted.list, wanted);
            if (!try allowed.values.has(value)) good = try self.wrong(at, "enum", &.{ "must be one of ", allowed.shown });
        }
        if (map.getPtr("const")) |wanted| {
            const allowed = try self.allowedBy(wanted[0..1], wanted.*);
            if (!try allowed.values.has(value)) good = try self.wrong(at, "const", &.{ "must be ", allowed.shown });
        }
        return good;
    }

    /// What is made of a list in the schema is made once, however many values are looked up in it.
    fn allowedBy(self: *Validator, list_: []const Value, written: Value) Error!*Allowed {
        const slot = try self.allowed.getOrPut(gpa, list_.ptr);
        if (!slot.found_existing) slot.value_ptr.* = .{ .values = try .of(list_), .shown = try values.shown(written) };
        return slot.value_ptr;
    }

    fn combined(self: *Validator, map: Map, value: Value, at: []const u8, depth: usize, marks: Marks) Error!bool {
        var good = true;
        if (map.get("allOf")) |all| for (all.list) |one| {
            good = try self.fits(one, value, at, depth + 1, marks) and good;
        };
        if (map.get("anyOf")) |any| if (try self.countFitting(any.list, value, at, depth, marks) == 0) {
            good = try self.wrong(at, "anyOf", &.{"must fit at least one of the schemas"});
        };
        if (map.get("oneOf")) |one| {
            const count = try self.countFitting(one.list, value, at, depth, marks);
            const text = (try part.integer(count)).number;
            if (count != 1) good = try self.wrong(at, "oneOf", &.{ "must fit exactly one of the schemas, but fits ", text });
        }
        if (map.get("not")) |no| if (try self.fitsQuietly(no, value, at, depth, &.{})) {
            good = try self.wrong(at, "not", &.{"must not fit the schema"});
        };
        const condition = map.get("if") orelse return good;
        const branch = map.get(if (try self.fitsQuietly(condition, value, at, depth, marks)) "then" else "else") orelse return good;
        return try self.fits(branch, value, at, depth + 1, marks) and good;
    }

    fn countFitting(self: *Validator, all: []const Value, value: Value, at: []const u8, depth: usize, marks: Marks) Error!usize {
        var count: usize = 0;
        for (all) |one| count += @intFromBool(try self.fitsQuietly(one, value, at, depth, marks));
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
        if (map.get("multipleOf")) |unit| if (!try values.isMultiple(text, unit.number)) {
            good = try self.wrong(at, "multipleOf", &.{ "must be a multiple of ", unit.number });
        };
        return good;
    }

    fn textual(self: *Validator, map: Map, found: []const u8, at: []const u8) Error!bool {
        var good = try self.counted(map, "minLength", "maxLength", "characters", part.unicode.length(found), at);
        if (map.get("pattern")) |pattern| if (!try values.matches(pattern.text, found)) {
            good = try self.wrong(at, "pattern", &.{ "must match ", pattern.text });
        };
        if (map.get("format")) |format| if (self.rules.formats and !try formats.fits(format.text, found)) {
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

    fn list(self: *Validator, map: Map, items: []const Value, at: []const u8, depth: usize, marks: Marks) Error!bool {
        var good = try self.counted(map, "minItems", "maxItems", "items", items.len, at);
        const prefix: []const Value = if (map.get("prefixItems")) |found| found.list else &.{};
        for (items, 0..) |item, i| {
            const schema = if (i < prefix.len) prefix[i] else map.get("items") orelse continue;
            if (marks.len > 0) marks[i] = true;
            good = try self.fitsChild(schema, item, try values.below(at, (try part.integer(i)).number), depth) and good;
        }
        if (map.get("uniqueItems")) |unique| if (unique.bool and try values.hasTwins(items)) {
            good = try self.wrong(at, "uniqueItems", &.{"must not have an item twice"});
        };
        good = try self.contained(map, items, at, depth, marks) and good;
        const others = map.get("unevaluatedItems") orelse return good;
        for (items, 0..) |item, i| if (marks.len > 0 and !marks[i]) {
            marks[i] = true;
            const here = try values.below(at, (try part.integer(i)).number);
            good = try self.unevaluated(others, "unevaluatedItems", item, here, depth) and good;
        };
        return good;
    }

    fn unevaluated(self: *Validator, schema: Value, keyword: []const u8, value: Value, here: []const u8, depth: usize) Error!bool {
        if (schema == .bool and !schema.bool) return self.wrong(here, keyword, &.{"is not allowed: no schema that fits has looked at it"});
        return self.fitsChild(schema, value, here, depth);
    }

    fn contained(self: *Validator, map: Map, items: []const Value, at: []const u8, depth: usize, marks: Marks) Error!bool {
        const schema = map.get("contains") orelse return true;
        var count: i64 = 0;
        for (items, 0..) |item, i| if (try self.fitsQuietly(schema, item, at, depth, &.{})) {
            count += 1;
            if (marks.len > 0) marks[i] = true;
        };
        const low = if (map.get("minContains")) |least| part.wholeNumber(least.number).? else 1;
        if (count < low) return self.wrong(at, "contains", &.{"has too few items that fit `contains`"});
        const high = part.wholeNumber((map.get("maxContains") orelse return true).number).?;
        return count <= high or try self.wrong(at, "maxContains", &.{"has too many items that fit `contains`"});
    }

    fn object(self: *Validator, map: Map, entries: Map, at: []const u8, depth: usize, marks: Marks) Error!bool {
        var good = try self.counted(map, "minProperties", "maxProperties", "properties", entries.count(), at);
        if (map.get("required")) |required| good = try self.allPresent(required.list, entries, at, "required") and good;
        if (map.get("dependentRequired")) |dependent| for (dependent.map.keys(), dependent.map.values()) |key, wanted| {
            if (entries.contains(key)) good = try self.allPresent(wanted.list, entries, at, "dependentRequired") and good;
        };
        if (map.get("dependentSchemas")) |dependent| for (dependent.map.keys(), dependent.map.values()) |key, schema| {
            if (entries.contains(key)) good = try self.fits(schema, .{ .map = entries }, at, depth + 1, marks) and good;
        };
        for (entries.keys(), entries.values(), 0..) |key, value, i| {
            var known = false;
            good = try self.property(map, key, value, at, depth, &known) and good;
            if (marks.len > 0 and known) marks[i] = true;
        }
        const others = map.get("unevaluatedProperties") orelse return good;
        for (entries.keys(), entries.values(), 0..) |key, value, i| if (marks.len > 0 and !marks[i]) {
            marks[i] = true;
            good = try self.unevaluated(others, "unevaluatedProperties", value, try values.below(at, key), depth) and good;
        };
        return good;
    }

    fn allPresent(self: *Validator, wanted: []const Value, entries: Map, at: []const u8, keyword: []const u8) Error!bool {
        var good = true;
        for (wanted) |key| if (!entries.contains(key.text)) {
            good = try self.wrong(at, keyword, &.{ "`", key.text, "` is missing" });
        };
        return good;
    }

    /// `known` is set when a schema of this map is about the property.
    fn property(self: *Validator, map: Map, key: []const u8, value: Value, at: []const u8, depth: usize, known: *bool) Error!bool {
        const here = try values.below(at, key);
        var good = true;
        if (map.get("propertyNames")) |names| good = try self.fitsChild(names, .{ .text = key }, here, depth);
        if (map.get("properties")) |properties| if (properties.map.get(key)) |schema| {
            known.* = true;
            good = try self.fitsChild(schema, value, here, depth) and good;
        };
        if (map.get("patternProperties")) |patterns| for (patterns.map.keys(), patterns.map.values()) |pattern, schema| {
            if (!try values.matches(pattern, key)) continue;
            known.* = true;
            good = try self.fitsChild(schema, value, here, depth) and good;
        };
        const others = map.get("additionalProperties") orelse return good;
        if (known.*) return good;
        known.* = true;
        if (others == .bool and !others.bool) return self.wrong(here, "additionalProperties", &.{ "`", key, "` is not allowed" });
        return try self.fitsChild(others, value, here, depth) and good;
    }
};

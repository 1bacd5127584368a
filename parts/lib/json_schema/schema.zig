//! The schema itself: which keywords there are, and that each is written as it must be.

const std = @import("std");
const part = @import("../part.zig");
const formats = @import("formats.zig");
const regex = @import("../regex/regex.zig");
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

pub const Keyword = enum {
    @"$ref", @"$defs", definitions, type, @"enum", @"const", multipleOf, maximum, exclusiveMaximum, minimum,
    exclusiveMinimum, maxLength, minLength, pattern, format, maxItems, minItems, uniqueItems, items, prefixItems,
    contains, maxContains, minContains, maxProperties, minProperties, required, properties, patternProperties,
    additionalProperties, propertyNames, dependentRequired, dependentSchemas, allOf, anyOf, oneOf, not, @"if", then,
    @"else", unevaluatedItems, unevaluatedProperties, contentEncoding, contentMediaType, contentSchema,
    @"$id", @"$anchor", @"$dynamicAnchor", @"$dynamicRef", @"$schema", @"$vocabulary", @"$comment",
    title, description, default, examples, deprecated, readOnly, writeOnly,
};

/// What a keyword's value has to be.
const Shape = enum { schema, schemas, schema_map, count, number, text, flag, texts, list, text_lists, pattern, format, types, anything };

fn shapeOf(keyword: Keyword) Shape {
    return switch (keyword) {
        .items, .contains, .additionalProperties, .propertyNames, .not, .@"if", .then, .@"else" => .schema,
        .unevaluatedItems, .unevaluatedProperties, .contentSchema => .schema,
        .allOf, .anyOf, .oneOf, .prefixItems => .schemas,
        .@"$defs", .definitions, .properties, .patternProperties, .dependentSchemas => .schema_map,
        .maxLength, .minLength, .maxItems, .minItems, .maxContains, .minContains, .maxProperties, .minProperties => .count,
        .multipleOf, .maximum, .exclusiveMaximum, .minimum, .exclusiveMinimum => .number,
        .title, .description, .@"$comment", .@"$schema", .contentEncoding, .contentMediaType => .text,
        .@"$ref", .@"$dynamicRef", .@"$id", .@"$anchor", .@"$dynamicAnchor" => .text,
        .uniqueItems, .deprecated, .readOnly, .writeOnly => .flag,
        .required => .texts,
        .@"enum", .examples => .list,
        .dependentRequired => .text_lists,
        .pattern => .pattern,
        .format => .format,
        .type => .types,
        .@"const", .default, .@"$vocabulary" => .anything,
    };
}

const Types = enum { null, boolean, object, array, number, string, integer };

/// What holds for all schemas of one call: whether `format` is asserted. If not, it is a note like `title`.
pub const Rules = struct { formats: bool };

/// Refuses a schema that uses what is not supported, naming all such keywords at once.
pub fn check(schema: Value, rules: Rules) Error!void {
    var unknown: std.StringArrayHashMapUnmanaged(void) = .empty;
    try collectUnknown(schema, &unknown);
    if (unknown.count() > 0) {
        const names = try std.mem.join(gpa, ", ", unknown.keys());
        const known = try std.mem.join(gpa, ", ", std.meta.fieldNames(Keyword));
        return part.fail("unsupported_keyword", &.{ "the schema uses ", names, ", which is not supported; supported are: ", known });
    }
    try checkOne(schema, rules);
}

fn collectUnknown(schema: Value, unknown: *std.StringArrayHashMapUnmanaged(void)) Error!void {
    if (schema != .map) return;
    for (schema.map.keys(), schema.map.values()) |name, value| {
        const keyword = std.meta.stringToEnum(Keyword, name) orelse {
            if (!std.mem.startsWith(u8, name, "x-")) try unknown.put(gpa, name, {});
            continue;
        };
        for (try schemasIn(keyword, value)) |inner| try collectUnknown(inner, unknown);
    }
}

/// The schemas inside the value of the keyword of this name.
pub fn inside(name: []const u8, value: Value) Error![]const Value {
    return schemasIn(std.meta.stringToEnum(Keyword, name) orelse return &.{}, value);
}

/// The schemas inside a keyword's value; none when it is of the wrong kind, which `checkOne` tells.
fn schemasIn(keyword: Keyword, value: Value) Error![]const Value {
    return switch (shapeOf(keyword)) {
        .schema => gpa.dupe(Value, &.{value}),
        .schemas => if (value == .list) value.list else &.{},
        .schema_map => if (value == .map) value.map.values() else &.{},
        else => &.{},
    };
}

fn checkOne(schema: Value, rules: Rules) Error!void {
    if (schema == .bool) return;
    if (schema != .map) return part.wrongKind("schema", "a map or a boolean, at every place", schema);
    for (schema.map.keys(), schema.map.values()) |name, value| {
        const keyword = std.meta.stringToEnum(Keyword, name) orelse continue;
        if (!try isWellFormed(keyword, value, rules)) return malformed(name, keyword);
        for (try schemasIn(keyword, value)) |inner| try checkOne(inner, rules);
    }
}

fn malformed(name: []const u8, keyword: Keyword) Error {
    const wanted = switch (shapeOf(keyword)) {
        .schema => "a schema",
        .schemas => "a list of schemas that is not empty",
        .schema_map => "a map of schemas (with patterns that can be read, for patternProperties)",
        .count => "a whole number from 0",
        .number => "a number (above 0 for multipleOf)",
        .text => "a string",
        .flag => "true or false",
        .texts => "a list of strings",
        .list => "a list",
        .text_lists => "a map of lists of strings",
        .pattern => "a regular expression without look-around, back references or \\p",
        .format => formats.known,
        .types => "one or several of null, boolean, object, array, number, string, integer",
        .anything => "any value",
    };
    return part.badInput(&.{ "`", name, "` in the schema must be ", wanted });
}

fn isWellFormed(keyword: Keyword, value: Value, rules: Rules) Error!bool {
    return switch (shapeOf(keyword)) {
        .schema, .anything => true,
        .schemas => value == .list and value.list.len > 0,
        .schema_map => value == .map and (keyword != .patternProperties or try allPatterns(value.map.keys())),
        .count => value == .number and (part.wholeNumber(value.number) orelse -1) >= 0,
        .number => value == .number and (keyword != .multipleOf or try part.compare.numbers(value.number, "0") == .gt),
        .text => value == .text,
        .flag => value == .bool,
        .texts => areTexts(value),
        .list => value == .list,
        .text_lists => value == .map and for (value.map.values()) |one| {
            if (!areTexts(one)) break false;
        } else true,
        .pattern => value == .text and try allPatterns(&.{value.text}),
        .format => value == .text and (!rules.formats or formats.isKnown(value.text)),
        .types => areTypes(value),
    };
}

fn areTexts(value: Value) bool {
    if (value != .list) return false;
    for (value.list) |one| if (one != .text) return false;
    return true;
}

fn areTypes(value: Value) bool {
    if (value == .text) return std.meta.stringToEnum(Types, value.text) != null;
    if (!areTexts(value)) return false;
    for (value.list) |one| if (std.meta.stringToEnum(Types, one.text) == null) return false;
    return true;
}

fn allPatterns(patterns: []const []const u8) Error!bool {
    for (patterns) |pattern| _ = regex.compile(pattern, .{}) catch |err| switch (err) {
        error.OutOfMemory => return error.OutOfMemory,
        else => return false,
    };
    return true;
}

//! `validate_json`: does a value fit a JSON Schema (2020-12)? All errors are told, each with the place in the value.

const std = @import("std");
const part = @import("part");
const schemas = part.json_schema;
const References = schemas.References;
const Validator = schemas.Validator;
const Value = part.Value;

pub fn run(input: part.Input) part.Error!Value {
    const value = try input.any("value");
    const schema = try input.any("schema");
    const others: part.Map = if (input.get("schemas") == null) .empty else try input.mapField("schemas");
    const rules = schemas.Rules{ .formats = try input.boolOr("formats", true) };
    var validator = Validator{ .references = try References.read(schema, others, rules), .rules = rules };
    const valid = try validator.fits(schema, value, "", 0, &.{});
    return .{ .map = try part.fields(.{
        .{ "valid", Value{ .bool = valid } },
        .{ "errors", Value{ .list = validator.errors.items } },
    }) };
}

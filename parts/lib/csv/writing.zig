//! Rows to text. A field is quoted when it must be; texts stand as they are, null as nothing, lists and maps as JSON.

const std = @import("std");
const part = @import("../part.zig");
const Dialect = @import("csv.zig").Dialect;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Quoting = enum { needed, always };
const Newline = enum { lf, crlf };

pub fn stringify(input: part.Input, dialect: Dialect) Error![]const u8 {
    const rows = try input.list("rows");
    const columns = if (input.get("columns") != null) try input.texts("columns") else try columnsOf(rows);
    var writer = Writer{
        .dialect = dialect,
        .always = try input.choice("quoting", Quoting, .needed) == .always,
        .newline = if (try input.choice("newline", Newline, .crlf) == .crlf) "\r\n" else "\n",
        .escape = try input.boolOr("escape_formulas", false),
    };
    if (try input.boolOr("bom", false)) try writer.out.appendSlice(gpa, "\u{FEFF}");
    if (columns.len > 0 and try input.boolOr("header", true)) try writer.row((try part.textList(columns)).list);
    const fields = try gpa.alloc(Value, columns.len);
    for (rows) |row| try writer.row(try fieldsOf(row, columns, fields));
    return writer.out.items;
}

/// The keys of all maps, in the order of their first appearance.
fn columnsOf(rows: []const Value) Error![]const []const u8 {
    var seen: std.StringArrayHashMapUnmanaged(void) = .empty;
    for (rows) |row| if (row == .map) for (row.map.keys()) |key| try seen.put(gpa, key, {});
    return seen.keys();
}

/// `room` is for the fields of one map, and used for all of them.
fn fieldsOf(row: Value, columns: []const []const u8, room: []Value) Error![]const Value {
    switch (row) {
        .list => |items| return items,
        .map => |map| {
            for (columns, room) |name, *slot| slot.* = map.get(name) orelse .null;
            return room;
        },
        else => return part.wrongKind("rows", "a list of maps or of lists", row),
    }
}

const Writer = struct {
    dialect: Dialect,
    always: bool,
    newline: []const u8,
    escape: bool,
    out: std.ArrayList(u8) = .empty,

    fn row(self: *Writer, fields: []const Value) Error!void {
        // One empty field alone would be an empty line, which readers take for no row at all.
        const lonely = fields.len == 1;
        for (fields, 0..) |value, i| {
            if (i > 0) try self.out.appendSlice(gpa, self.dialect.delimiter);
            const text = try self.textOf(value);
            try self.field(text, self.always or (lonely and text.len == 0));
        }
        try self.out.appendSlice(gpa, self.newline);
    }

    fn textOf(self: *Writer, value: Value) Error![]const u8 {
        return switch (value) {
            .null => "",
            .text => |text| if (self.escape and isFormula(text)) part.concat(&.{ "'", text }) else text,
            .number => |number| number,
            else => part.json_write.write(gpa, value, .{}),
        };
    }

    fn field(self: *Writer, text: []const u8, always: bool) Error!void {
        if (!always and !self.needsQuotes(text)) return self.out.appendSlice(gpa, text);
        try self.out.append(gpa, self.dialect.quote);
        for (text) |byte| {
            if (byte == self.dialect.quote) try self.out.append(gpa, byte);
            try self.out.append(gpa, byte);
        }
        try self.out.append(gpa, self.dialect.quote);
    }

    fn needsQuotes(self: *Writer, text: []const u8) bool {
        if (text.len == 0) return false;
        const edges = text[0] == ' ' or text[text.len - 1] == ' ' or text[0] == '\t' or text[text.len - 1] == '\t';
        const marked = std.mem.indexOfAny(u8, text, &.{ '\r', '\n', self.dialect.quote }) != null;
        return edges or marked or std.mem.indexOf(u8, text, self.dialect.delimiter) != null or std.mem.startsWith(u8, text, "\u{FEFF}");
    }
};

/// What a spreadsheet would calculate instead of showing.
fn isFormula(text: []const u8) bool {
    return text.len > 0 and std.mem.indexOfScalar(u8, "=+-@\t\r", text[0]) != null;
}

//! Text to rows. A record ends at LF, CRLF or CR outside of quotes; lines are counted as an editor counts them.

const std = @import("std");
const part = @import("../part.zig");
const Dialect = @import("csv.zig").Dialect;
const Value = part.Value;
const Error = part.Error;
const gpa = part.gpa;

const Ragged = enum { fail, report, pad };
const Record = struct { line: usize, fields: []const Value };

pub fn parse(input: part.Input, dialect: Dialect) Error!Value {
    const text = try input.text("text");
    var reader = Reader{
        .text = if (std.mem.startsWith(u8, text, "\u{FEFF}")) text[3..] else text,
        .dialect = dialect,
        .trim = try input.boolOr("trim", false),
        .infer = try input.boolOr("infer_types", false),
    };
    var records: std.ArrayList(Record) = .empty;
    const skip_empty = try input.boolOr("skip_empty_lines", true);
    while (try reader.record()) |one| {
        if (!(skip_empty and isEmpty(one))) try records.append(gpa, one);
    }
    return shape(records.items, input);
}

fn isEmpty(record: Record) bool {
    return record.fields.len == 1 and (record.fields[0] == .null or (record.fields[0] == .text and record.fields[0].text.len == 0));
}

/// With a header maps, without it lists; `columns` names the fields where the text does not.
fn shape(records: []const Record, input: part.Input) Error!Value {
    const header = try input.boolOr("header", true);
    const named = if (input.get("columns") != null) try input.texts("columns") else null;
    const rows = if (header and records.len > 0) records[1..] else records;
    const columns = named orelse if (header and records.len > 0) try namesOf(records[0]) else null;
    const width = if (columns) |names| names.len else if (rows.len > 0) rows[0].fields.len else 0;
    if (columns) |names| try checkNames(names);
    const ragged = try misfits(rows, width, try input.choice("ragged", Ragged, .fail));
    const out = try gpa.alloc(Value, rows.len);
    for (rows, out) |row, *slot| slot.* = if (columns) |names| try asMap(row, names) else .{ .list = row.fields };
    return .{ .map = try part.fields(.{
        .{ "result", Value{ .list = out } },
        .{ "columns", if (columns) |names| try part.textList(names) else .null },
        .{ "ragged", ragged },
    }) };
}

fn namesOf(record: Record) Error![]const []const u8 {
    const out = try gpa.alloc([]const u8, record.fields.len);
    for (record.fields, out) |field, *slot| slot.* = switch (field) {
        .text, .number => |text| text,
        .bool => |flag| if (flag) "true" else "false",
        else => "",
    };
    return out;
}

fn checkNames(names: []const []const u8) Error!void {
    var seen: std.StringArrayHashMapUnmanaged(void) = .empty;
    for (names) |name| {
        if ((try seen.getOrPut(gpa, name)).found_existing) {
            return part.fail("duplicate_column", &.{ "two columns are called `", name, "`; give other names in `columns`, or set `header` to false" });
        }
    }
}

/// Rows that are shorter or longer than the first: refused, or told and taken as far as they go.
fn misfits(rows: []const Record, width: usize, rule: Ragged) Error!Value {
    var out: std.ArrayList(Value) = .empty;
    for (rows) |row| {
        if (row.fields.len == width) continue;
        const line = try part.integer(row.line);
        const found = try part.integer(row.fields.len);
        const wanted = try part.integer(width);
        if (rule == .fail or (rule == .pad and row.fields.len > width)) return part.fail("ragged_row", &.{
            "line ", line.number, " has ", found.number, " fields instead of ", wanted.number,
            "; correct it, or set `ragged` to 'report' and look at the list of that name",
        });
        if (rule == .report) try out.append(gpa, .{ .map = try part.fields(.{ .{ "line", line }, .{ "fields", found }, .{ "expected", wanted } }) });
    }
    return .{ .list = out.items };
}

/// What is missing is null; what is too much stands under the key "" as a list.
fn asMap(row: Record, names: []const []const u8) Error!Value {
    var out: part.Map = .empty;
    for (names, 0..) |name, i| try out.put(gpa, name, if (i < row.fields.len) row.fields[i] else .null);
    if (row.fields.len > names.len) try out.put(gpa, "", .{ .list = row.fields[names.len..] });
    return .{ .map = out };
}

const Reader = struct {
    text: []const u8,
    dialect: Dialect,
    trim: bool,
    infer: bool,
    at: usize = 0,
    line: usize = 1,

    fn record(self: *Reader) Error!?Record {
        if (self.at >= self.text.len) return null;
        const line = self.line;
        var fields: std.ArrayList(Value) = .empty;
        while (true) {
            try fields.append(gpa, try self.field());
            if (self.take(self.dialect.delimiter)) continue;
            self.endLine();
            return .{ .line = line, .fields = fields.items };
        }
    }

    fn take(self: *Reader, wanted: []const u8) bool {
        if (!std.mem.startsWith(u8, self.text[self.at..], wanted)) return false;
        self.at += wanted.len;
        return true;
    }

    fn endLine(self: *Reader) void {
        if (self.at >= self.text.len) return;
        if (!self.take("\r\n")) self.at += 1;
        self.line += 1;
    }

    fn field(self: *Reader) Error!Value {
        if (self.trim) self.skipSpaces();
        if (self.at < self.text.len and self.text[self.at] == self.dialect.quote) return self.quoted();
        const start = self.at;
        while (!self.atEnd()) self.at += 1;
        const found = self.text[start..self.at];
        const text = if (self.trim) std.mem.trimRight(u8, found, " \t") else found;
        return if (self.infer) inferred(text) else .{ .text = text };
    }

    fn atEnd(self: *Reader) bool {
        if (self.at >= self.text.len) return true;
        const byte = self.text[self.at];
        return byte == '\n' or byte == '\r' or std.mem.startsWith(u8, self.text[self.at..], self.dialect.delimiter);
    }

    /// Spaces that are not the delimiter themselves.
    fn skipSpaces(self: *Reader) void {
        while (!self.atEnd() and (self.text[self.at] == ' ' or self.text[self.at] == '\t')) self.at += 1;
    }

    fn quoted(self: *Reader) Error!Value {
        const opened = self.line;
        self.at += 1;
        var out: std.ArrayList(u8) = .empty;
        while (true) {
            if (self.at >= self.text.len) return self.wrong(opened, "the quotes that open here are never closed");
            const byte = self.text[self.at];
            self.at += 1;
            if (byte == self.dialect.quote) {
                if (self.at >= self.text.len or self.text[self.at] != self.dialect.quote) break;
                self.at += 1;
            }
            const begins = byte == '\n' and !(out.items.len > 0 and out.items[out.items.len - 1] == '\r');
            if (begins or byte == '\r') self.line += 1;
            try out.append(gpa, byte);
        }
        if (self.trim) self.skipSpaces();
        if (!self.atEnd()) return self.wrong(self.line, "something follows quotes that were closed; write quotes inside of quotes twice");
        return .{ .text = out.items };
    }

    fn wrong(_: *Reader, line: usize, what: []const u8) Error {
        return part.fail("not_csv", &.{ "line ", (try part.integer(line)).number, ": ", what });
    }
};

/// What is not quoted and looks like JSON's null, true, false or a number is that; nothing at all is null.
fn inferred(text: []const u8) Value {
    if (text.len == 0 or std.mem.eql(u8, text, "null")) return .null;
    if (std.mem.eql(u8, text, "true")) return .{ .bool = true };
    if (std.mem.eql(u8, text, "false")) return .{ .bool = false };
    return if (part.json.isNumber(text)) .{ .number = text } else .{ .text = text };
}

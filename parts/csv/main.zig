//! `csv`: text to rows and rows to text, by RFC 4180 and what the world does beyond it: other delimiters, a byte order
//! mark, line ends of any kind, spaces. What does not fit is told with its line, never repaired in silence.

const std = @import("std");
const part = @import("part");
const reading = part.csv.reading;
const writing = part.csv.writing;
const Dialect = part.csv.Dialect;
const Value = part.Value;
const Error = part.Error;

const Operation = enum { parse, stringify };

pub fn run(input: part.Input) Error!Value {
    return switch (try input.choice("operation", Operation, null)) {
        .parse => reading.parse(input, try dialectOf(input)),
        .stringify => part.result(.{ .text = try writing.stringify(input, try dialectOf(input)) }),
    };
}

const names = std.StaticStringMap([]const u8).initComptime(.{
    .{ "comma", "," }, .{ "semicolon", ";" }, .{ "tab", "\t" }, .{ "pipe", "|" },
});

fn dialectOf(input: part.Input) Error!Dialect {
    const quote = try input.textOr("quote", "\"");
    const quotes = quote.len == 1 and std.ascii.isPrint(quote[0]) and quote[0] != ' ';
    if (!quotes) return part.badInput(&.{"`quote` must be one ASCII character, such as `\"` or `'`"});
    const given = try input.textOr("delimiter", ",");
    const delimiter = names.get(given) orelse given;
    const usable = delimiter.len > 0 and part.unicode.length(delimiter) == 1 and std.mem.indexOfAny(u8, delimiter, "\r\n") == null;
    if (!usable or std.mem.eql(u8, delimiter, quote)) {
        return part.badInput(&.{"`delimiter` must be one character that is no line break and not `quote`, or one of comma, semicolon, tab, pipe"});
    }
    return .{ .delimiter = delimiter, .quote = quote[0] };
}

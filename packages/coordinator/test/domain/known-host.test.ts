import test from "ava";
import { isKnownHost } from "../../src/domain/known-host.ts";

const NAMES = new Set(["localhost", "boot.example.org"]);

test("addresses, names of our own and no name at all are known hosts", (t) => {
	for (const host of [
		undefined,
		"127.0.0.1",
		"127.0.0.1:7420",
		"192.0.2.7:80",
		"[::1]",
		"[2001:db8::1]:7420",
		"localhost",
		"LOCALHOST:7420",
		"Boot.Example.Org.",
		"boot.example.org.:80",
	])
		t.true(isKnownHost(host, NAMES), host);
});

test("any other name is none, whatever it looks like", (t) => {
	for (const host of [
		"evil.example",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"127.0.0.1.evil.example:7420",
		"boot.example.org.evil.example",
		"localhost:80:80",
		"localhost@evil.example",
		"evil.example, localhost",
		"[evil]",
		"0x7f.1",
		"2130706433",
		"999.0.0.1",
		" ",
		"x".repeat(10_000),
	])
		t.false(isKnownHost(host, NAMES), host.slice(0, 60));
});

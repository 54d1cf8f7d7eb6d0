import { Group } from "@rollcall/protocol";
import test from "ava";
import { metadataText } from "../../src/boot/metadata.ts";
import { parseBootQuery } from "../../src/boot/request.ts";
import { Unencodable } from "../../src/errors.ts";

const query = "mac=52-54-00-a1-9c-ae&foo=bar&count=3&gate=true";

test("metadata has the shape that matchbox documents", (t) => {
	const { request } = parseBootQuery(new URLSearchParams(query));
	const group = Group.parse({
		name: "g",
		profile: "p",
		selector: { request: { mac: "52:54:00:a1:9c:ae" } },
		metadata: { meta: "data", etcd_name: "node1", some: { nested: { data: "some-value" } }, list: [1] },
	});
	t.deepEqual(metadataText(group, request, query).split("\n"), [
		"ETCD_NAME=node1",
		"MAC=52:54:00:a1:9c:ae",
		"META=data",
		"REQUEST_QUERY_COUNT=3",
		"REQUEST_QUERY_FOO=bar",
		"REQUEST_QUERY_GATE=true",
		"REQUEST_QUERY_MAC=52:54:00:a1:9c:ae",
		`REQUEST_RAW_QUERY=${query}`,
		"SOME_NESTED_DATA=some-value",
		"",
	]);
});

test("a value cannot add a line", (t) => {
	const group = Group.parse({ name: "g", profile: "p", metadata: { a: "x\nB=y" } });
	t.throws(() => metadataText(group, { labels: {} }, ""), { instanceOf: Unencodable });
});

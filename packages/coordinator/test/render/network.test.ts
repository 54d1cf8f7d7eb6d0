import { isIPv4, isIPv6 } from "node:net";
import { addressAt, contains, formatAddress, overlaps, parseAddress, parseNetwork } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";

test("every address is read as the value that its text has, and written in the one form", (t) => {
	fc.assert(
		fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
			const address = parseAddress(text);
			if (!address) return t.fail(`${text} was not read`);
			const written = formatAddress(address.value, address.bits);
			t.deepEqual(parseAddress(written), address);
			t.true(address.bits === 32 ? isIPv4(written) : isIPv6(written));
			if (address.bits === 128) t.is(written, new URL(`http://[${text}]/`).hostname.slice(1, -1));
		}),
		{ numRuns: 2000 },
	);
});

test("what is no address for Node is none here", (t) => {
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(..."0123456789abcdef:./%"), maxLength: 24 }), (text) => {
			t.is(parseAddress(text) !== undefined, isIPv4(text) || (isIPv6(text) && !text.includes("%")), text);
		}),
		{ numRuns: 5000 },
	);
});

test("networks overlap exactly when one holds the other's first address", (t) => {
	const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([host, prefix]) => `${host}/${prefix}`);
	fc.assert(
		fc.property(network, network, (a, b) => {
			const [one, other] = [parseNetwork(a), parseNetwork(b)];
			if (!one || !other) return t.fail();
			const first = (of: typeof one) => ({ value: of.base, bits: of.bits });
			t.is(overlaps(one, other), contains(one, first(other)) || contains(other, first(one)));
		}),
		{ numRuns: 2000 },
	);
});

test("the tenth address of a service network is where its DNS is", (t) => {
	const services = parseNetwork("10.253.0.0/16");
	t.is(services && addressAt(services, 10), "10.253.0.10");
});

import type { AddCommand } from "../session.ts";
import { addRenderDnsmasq } from "./render-dnsmasq.ts";

/** `rollcall render ...`: what a coordinator would say, without one. */
export const addRender: AddCommand = (program, run) => {
	const render = program.command("render").description("configurations, worked out without a coordinator");
	addRenderDnsmasq(render, run);
};

import { TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { withParts } from "../lib/address";
import { Icon } from "./icons";
import { useKeys } from "./useKeys";

interface Props {
  /** The part of the address that it sets, a moment after the last letter. */
  readonly name: string;
  readonly label: string;
  readonly width?: number;
}

const PAUSE_MS = 250;

/** A text that is searched for; it lies in the address, and `/` goes to it. */
export function SearchText({ name, label, width = 220 }: Props) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const told = new URLSearchParams(search).get(name) ?? "";
  const [text, setText] = useState(told);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(search);
  latest.current = search;
  useKeys({ "/": () => input.current?.focus() });
  useEffect(() => setText(told), [told]);
  useEffect(() => {
    if (text === told) return undefined;
    const timer = setTimeout(
      () => navigate(path + withParts(latest.current, { [name]: text.trim() }), { replace: true }),
      PAUSE_MS,
    );
    return () => clearTimeout(timer);
  }, [text, told, path, name, navigate]);
  return (
    <TextInput
      ref={input}
      w={width}
      aria-label={label}
      placeholder={label}
      value={text}
      leftSection={<Icon name="search" size={13} />}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}

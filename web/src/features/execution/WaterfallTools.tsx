import { Button, Switch, TextInput } from "@mantine/core";
import type { KeyboardEvent, Ref } from "react";
import { count, duration } from "../../lib/format";
import { nextHit } from "../../lib/search";
import { Icon } from "../../ui/icons";
import type { WaterfallModel } from "./useWaterfall";

interface Props {
  readonly model: WaterfallModel;
  readonly field: Ref<HTMLInputElement>;
}

/** Find, the switches, and what stretch of time is shown. */
export function WaterfallTools({ model, field }: Props) {
  const { set, view, whole } = model;
  return (
    <div className="tools">
      <FindField model={model} field={field} />
      {model.critical.length > 0 && (
        <Choice
          label="Critical path only"
          isOn={model.onlyPath}
          onChange={() => set({ path: model.onlyPath ? null : "only" })}
        />
      )}
      <Choice
        label="Fold repeats"
        isOn={model.foldsRepeats}
        onChange={() => set({ repeats: model.foldsRepeats ? "all" : null })}
      />
      {model.bands.length > 0 && (
        <Choice
          label="Loop blocks"
          isOn={model.showsBands}
          onChange={() => set({ loop: model.showsBands ? "off" : null })}
        />
      )}
      <span className="sp" />
      <span className="t12 m tn">
        {duration(view.from)} – {duration(view.to)}
      </span>
      <Button variant="default" size="xs" onClick={() => model.show(whole)}>
        Fit&nbsp;<kbd>0</kbd>
      </Button>
    </div>
  );
}

function Choice({
  label,
  isOn,
  onChange,
}: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: () => void;
}) {
  return <Switch size="xs" withThumbIndicator={false} label={label} checked={isOn} onChange={onChange} />;
}

function FindField({ model, field }: Props) {
  const { find, found, selected, select, set } = model;
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") {
      const next = nextHit(found, selected, !event.shiftKey);
      if (next >= 0) select(next);
    }
    if (event.key === "Escape") {
      set({ find: null });
      event.currentTarget.blur();
    }
  };
  return (
    <TextInput
      ref={field}
      w={230}
      aria-label="Find step"
      placeholder="Find step"
      value={find}
      leftSection={<Icon name="search" size={13} />}
      rightSection={find ? <span className="t11 s">{count(found.length)}</span> : <kbd>/</kbd>}
      onChange={(event) => set({ find: event.currentTarget.value || null })}
      onKeyDown={onKeyDown}
    />
  );
}

import { Popover, Select } from "@mantine/core";
import { useState } from "react";
import { allZones, keepZone, ZONE } from "../lib/zone";

/** The zone in which times are shown; a click chooses another, which loads the page anew. */
export function ZoneMenu() {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" withinPortal trapFocus>
      <Popover.Target>
        <button
          type="button"
          className="chip press"
          title="Times are shown in this zone"
          aria-label={`Time zone ${ZONE}`}
          onClick={() => setOpen(!isOpen)}
        >
          {ZONE}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Select
          label="Show times in"
          data={[...allZones()]}
          value={ZONE}
          searchable
          maxDropdownHeight={280}
          comboboxProps={{ withinPortal: false }}
          onChange={(zone) => {
            if (!zone || zone === ZONE) return;
            keepZone(zone);
            location.reload();
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

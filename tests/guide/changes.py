"""The ten changes that administrators make most."""

from __future__ import annotations

from tests.guide.edits import Change, Edit

HOURS = Change(
    "48 hours become 24",
    "The deadline and its warnings are in one block of `clocks.yaml`; a warning must come before the deadline. "
    "Clocks that run already keep their old time.",
    (
        Edit("clocks.yaml", "  due: 48 hours", "  due: 24 hours", "- clock: contact_48h_young_person"),
        Edit("clocks.yaml", "{at: 36 hours", "{at: 18 hours", "- clock: contact_48h_young_person"),
        Edit("clocks.yaml", "{at: 44 hours", "{at: 22 hours", "- clock: contact_48h_young_person"),
    ),
    """\
- test: the young person hears from us within 24 hours
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: custody
        person: {ref: P1, age: 15}
        custody: {ref: C1, booked_in_at: 2026-12-01 09:50}
        incident: {offence: [bladed_article]}
      due: {contact_48h_young_person: 2026-12-02 09:50}
""",
)

HOSPITAL = Change(
    "A hospital gets youth workers",
    "One word, its other spellings, and who answers there. At any other place the duty team is alerted anyhow.",
    (
        Edit(
            "lists.yaml",
            "  words: [whipps cross, royal london]",
            "  words: [whipps cross, royal london, homerton]",
            "- list: hospital_sites",
        ),
        Edit(
            "lists.yaml",
            "    rlh: royal london\n",
            "    rlh: royal london\n    homerton university hospital: homerton\n",
            "- list: hospital_sites",
        ),
        Edit(
            "lists.yaml",
            "    royal london: hospital_navigators\n",
            "    royal london: hospital_navigators\n    homerton: hospital_navigators\n",
            "- list: hospital_sites",
        ),
    ),
    """\
- test: the navigators hear of somebody at Homerton
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: hospital_ae
        person: {ref: P1, age: 16}
        hospital: {ref: H1, site: Homerton University Hospital, presented_at: 2026-12-01 09:40, injury_cause: stabbing}
      matches: [hospital_cohort, hospital_navigators]
      includes:
        - {to: hospital_navigators, template: routine_note, by: sms}
""",
)

WITNESS = Change(
    "Witnesses of common assault wake nobody",
    "`none:` holds what must not be so; both lines under `all:` must hold for it. An unknown part or offence leaves "
    "the exclusion open, so the rule still acts: that is on purpose.",
    (
        Edit(
            "serious_violence.yaml",
            "      - definition: young_person\n    none:\n      - field: setting\n        exists: yes\n",
            "      - definition: young_person\n    none:\n      - field: setting\n        exists: yes\n"
            "      - all:\n          - field: person.part_played\n            equals: witness\n"
            "          - field: incident.offence\n            has_any: [common_assault]\n",
            "- rule: setting_unknown",
        ),
    ),
    """\
- test: a witness of common assault, reported without a setting, wakes nobody
  story:
    - at: 2026-12-01 10:00
      incident:
        person: {ref: P1, age: 15, part_played: witness}
        incident: {offence: [common_assault]}
      never:
        - {to: mash}
- test: a victim still does
  story:
    - at: 2026-12-01 10:00
      incident:
        person: {ref: P1, age: 15, part_played: victim}
        incident: {offence: [common_assault]}
      matches: [setting_unknown]
""",
)

OFFENCE = Change(
    "An offence leaves the custody cohort",
    "Whatever is lost shows in the replay, with the line that made the difference. Such a set does not come into force "
    "before somebody says why that is right.",
    (
        Edit(
            "lists.yaml",
            "    - bladed_article\n",
            "",
            "- list: custody_offences",
        ),
    ),
    """\
- test: a blade alone no longer belongs to the custody cohort
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: custody
        person: {ref: P1, age: 19}
        custody: {ref: C1, booked_in_at: 2026-12-01 09:50}
        incident: {offence: [bladed_article]}
      never:
        - {to: mash}
""",
)

INDICATOR = Change(
    "A new word for county lines",
    "A word, and how senders spell it. Every rule that names the list follows.",
    (
        Edit("lists.yaml", "    - found_with_dealers\n", "    - found_with_dealers\n    - train_tickets\n"),
        Edit(
            "lists.yaml",
            "    found with dealers: found_with_dealers\n",
            "    found with dealers: found_with_dealers\n    train tickets: train_tickets\n",
        ),
    ),
    """\
- test: train tickets point to county lines
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: missing_return
        person: {ref: P1, age: 15}
        missing: {ref: M1, state: missing, indicators: [train tickets]}
      matches: [missing_cohort]
""",
)

ONE_MORE = Change(
    "One more role hears of it",
    "`notify:` names roles, never people; who they are stands in `config/`.",
    (
        Edit(
            "missing.yaml",
            "    - notify: safeguarding_duty\n      template: urgent_response\n      by: [sms, email]\n",
            "    - notify: safeguarding_duty\n      template: urgent_response\n      by: [sms, email]\n"
            "    - notify: exploitation_lead\n      template: routine_note\n      by: [email]\n      rest: hold\n",
            "- rule: missing_cohort",
        ),
    ),
    """\
- test: the exploitation lead hears of everybody who is back
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: missing_return
        person: {ref: P1, age: 15}
        missing: {ref: M1, state: returned, returned_at: 2026-12-01 09:00}
      includes:
        - {to: exploitation_lead, template: routine_note, by: email}
""",
)

MORNING = Change(
    "A warning may wake somebody",
    "`rest: hold` waits for the list at 07:30, `rest: wake` may disturb between 22:00 and 07:30. Think of the person: "
    "a phone that buzzes for nothing is soon muted.",
    (
        Edit(
            "clocks.yaml",
            "by: [sms], rest: hold}\n  on_breach",
            "by: [sms], rest: wake}\n  on_breach",
            "- clock: contact_48h_young_person",
        ),
    ),
    """\
- test: four hours before the deadline the duty team is woken
  story:
    - at: 2026-12-01 07:00
      incident:
        setting: custody
        person: {ref: P1, age: 15}
        custody: {ref: C1, booked_in_at: 2026-12-01 07:00}
        incident: {offence: [bladed_article]}
    - at: 2026-12-01 07:02
      accept: {by: edt}
    - at: 2026-12-03 03:01
      includes:
        - {to: edt, template: contact_warning, by: sms}
""",
)

GOLDEN = Change(
    "The Golden Hour warns earlier",
    "Each line under `warn:` is one warning, counted from the start of the clock.",
    (
        Edit(
            "clocks.yaml",
            "{at: 30 minutes, notify: safeguarding_duty, template: golden",
            "{at: 20 minutes, notify: safeguarding_duty, template: golden",
        ),
        Edit("clocks.yaml", "{at: 45 minutes, notify", "{at: 40 minutes, notify"),
    ),
    """\
- test: the duty team is warned twenty minutes after booking-in
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: custody
        person: {ref: P1, age: 15}
        custody: {ref: C1, booked_in_at: 2026-12-01 10:00}
        incident: {offence: [bladed_article]}
    - at: 2026-12-01 10:01
      accept: {by: mash}
    - at: 2026-12-01 10:21
      includes:
        - {to: mash, template: golden_hour_warning, by: sms}
""",
)

LADDER = Change(
    "The second person is told sooner",
    "The steps of `ladders.yaml` are minutes since the alert. Alerts that wait already climb as they began.",
    (
        Edit(
            "ladders.yaml",
            "{after: 10 minutes, notify: safeguarding_backup",
            "{after: 8 minutes, notify: safeguarding_backup",
        ),
    ),
    """\
- test: the backup is told after eight minutes
  story:
    - at: 2026-12-01 02:00
      incident:
        setting: hospital_ae
        person: {ref: P1, age: 16}
        hospital: {ref: H1, site: Whipps Cross, presented_at: 2026-12-01 01:50, injury_cause: stabbing}
    - at: 2026-12-01 02:08
      includes:
        - {to: edt_backup, template: escalation, by: sms}
""",
)

SHADOW = Change(
    "A new rule, tried in shadow first",
    "`status: shadow` decides and records, and sends nothing: `alertd replay` and `alertd explain` show what it would "
    "have told. Make it `live` when that was right.",
    (
        Edit(
            "hospital.yaml",
            "- rule: hospital_other_site\n",
            "- rule: hospital_weapon\n"
            "  title: Hurt by a weapon, in hospital\n"
            "  source: Proposal of the navigators, Nov 2026 [P]\n"
            "  owner: head_of_service\n"
            "  review_by: 2027-06-30\n"
            "  severity: high\n"
            "  status: shadow\n"
            "  when:\n"
            "    message: incident\n"
            "    all:\n"
            "      - definition: in_hospital\n"
            "      - definition: young_person\n"
            "      - field: incident.weapon\n"
            "        in: attack_weapons\n"
            "  if_missing: no_match\n"
            "  then:\n"
            "    - notify: duty_manager\n"
            "      template: routine_note\n"
            "      by: [email]\n"
            "      rest: hold\n"
            "  once_per: [case_ref]\n"
            "\n"
            "- rule: hospital_other_site\n",
        ),
    ),
    """\
- test: the manager is not told yet
  story:
    - at: 2026-12-01 10:00
      incident:
        setting: hospital_ae
        person: {ref: P1, age: 16}
        hospital: {ref: H1, site: Whipps Cross, presented_at: 2026-12-01 09:50, injury_cause: stabbing}
        incident: {weapon: knife_sharp}
      matches: [hospital_weapon]
      never:
        - {to: duty_manager}
""",
)

THREE = (HOURS, HOSPITAL, WITNESS)
"""Followed from the edit until they are in force."""
TEN = (*THREE, OFFENCE, INDICATOR, ONE_MORE, MORNING, GOLDEN, LADDER, SHADOW)

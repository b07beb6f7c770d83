"""A small rule book with one rule of each sort, for tests of the core: cohort, serious violence, case, clock, status,
count, another, ask.
"""

from __future__ import annotations

from functools import cache

from alertd.core.plan import Plan, plan
from alertd.model.rulebook import RuleBook
from alertd.rulebook.loader import load_text

PEOPLE = """\
- person: desk
  sms: 07700 900001
  email: desk@example.gov.uk
  call: 020 7946 0001
- person: second
  sms: 07700 900002
  email: second@example.gov.uk
- person: night
  sms: 07700 900003
  call: 07700 900003
- person: manager
  sms: 07700 900004
  email: manager@example.gov.uk
- person: mash_boss
  sms: 07700 900005
- person: head
  sms: 07700 900006
  email: head@example.gov.uk
- rota: mash_rota
  always: [desk]
- rota: second_rota
  always: [second]
- rota: edt_rota
  always: [night]
- rota: manager_rota
  always: [manager]
- rota: mash_boss_rota
  always: [mash_boss]
- rota: head_rota
  always: [head]
- hours: mash_hours
  days:
    mon: {from: 09:00, to: 17:15}
    tue: {from: 09:00, to: 17:15}
    wed: {from: 09:00, to: 17:15}
    thu: {from: 09:00, to: 17:15}
    fri: {from: 09:00, to: 17:00}
  closed_on: england_bank_holidays
- role: mash
  title: MASH
  rota: mash_rota
- role: edt
  title: EDT
  rota: edt_rota
- role: safeguarding_duty
  title: Team on duty
  during: mash_hours
  rota: mash
  otherwise: edt
  backup: safeguarding_backup
- role: safeguarding_backup
  title: Second contact
  rota: second_rota
- role: duty_manager
  title: Manager on duty
  rota: manager_rota
- role: mash_manager
  title: MASH manager
  rota: mash_boss_rota
- role: head_of_service
  title: Head of service
  rota: head_rota
- role: community_safety
  title: Community safety
  rota: mash_rota
- role: exploitation_lead
  title: Exploitation lead
  rota: second_rota
- role: rules_admin
  title: Rules
  rota: second_rota
"""

LADDERS = """\
- ladder: default_urgent
  title: Unaccepted urgent alert
  steps:
    - {after: 5 minutes, notify: safeguarding_duty, template: escalation, by: [call], rest: wake}
    - {after: 10 minutes, notify: safeguarding_backup, template: escalation, by: [sms], rest: wake}
    - {after: 20 minutes, notify: duty_manager, template: escalation, by: [sms], rest: wake}
    - {after: 35 minutes, notify: mash_manager, template: escalation, by: [sms], rest: wake}
    - {after: 50 minutes, notify: head_of_service, template: escalation, by: [sms], rest: wake}
  repeat: {every: 15 minutes, times: 4}
  exhausted: head_of_service
- ladder: golden_hour_missed
  title: Golden Hour missed
  steps:
    - {after: 0 minutes, notify: mash_manager, template: golden_hour_missed, by: [sms], rest: wake}
    - {after: 10 minutes, notify: head_of_service, template: golden_hour_missed, by: [sms], rest: wake}
  repeat: {every: 15 minutes, times: 4}
  exhausted: head_of_service
"""

CLOCKS = """\
- clock: golden_hour
  title: Police contact within 1 hour
  source: Protocol, Golden Hour
  owner: head_of_service
  review_by: 2027-03-31
  one_per: custody.ref
  starts_at: [custody.booked_in_at]
  or_else: [received_at]
  due: 1 hour
  counts: elapsed
  stops_when:
    - status: police_contacted_mash
  warn:
    - {at: 30 minutes, notify: safeguarding_duty, template: golden_hour_warning, by: [sms]}
    - {at: 45 minutes, notify: [safeguarding_duty, duty_manager], template: golden_hour_warning, by: [sms]}
  on_breach: {ladder: golden_hour_missed}

- clock: contact_48h
  title: Contact within 48 hours
  source: Protocol, Approach (b)
  owner: head_of_service
  review_by: 2027-03-31
  one_per: case_ref
  starts_at: [case.incident_at]
  or_else: [received_at]
  due: 48 hours
  counts: elapsed
  stops_when:
    - status: contact
      all: [{field: contact.outcome, in: [contacted_young_person, contacted_family]}]
  warn:
    - {at: 36 hours, notify: safeguarding_duty, template: contact_warning, by: [sms]}
  on_breach: {notify: head_of_service, template: contact_missed, by: [sms, email]}

- clock: panel_listing
  title: Listed for the panel
  source: Protocol, panel [P]
  owner: head_of_service
  review_by: 2027-03-31
  one_per: case_ref
  starts_at: [clock.breached_at]
  or_else: [case.labelled_at]
  due: 5 working days
  counts: working_days
  hours: mash_hours
  stops_when:
    - status: panel_listed
  warn:
    - {before: 2 working days, notify: duty_manager, template: clock_warning, by: [email]}
  on_breach: {notify: head_of_service, template: clock_breach, by: [email]}
"""

_HEADER = """\
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
"""

RULES = f"""\
- definition: serious
  title: Serious violence among the under-25s
{_HEADER}\
  all:
    - field: incident.offence
      has_any: [gbh_intent, wounding_gbh, robbery_personal]
    - field: person.age
      less_than: 25

- rule: custody_cohort
  title: Arrested with a blade
{_HEADER}\
  severity: urgent
  status: live
  when:
    message: incident
    all:
      - field: setting
        equals: custody
      - field: incident.offence
        has_any: [bladed_article, pwits]
  if_missing: match
  then:
    - classify: urgent_response
    - start_clock: golden_hour
    - notify: safeguarding_duty
      template: urgent_response
      by: [sms, email]
  once_per: [case_ref]

- rule: serious_violence
  title: Serious violent incident
{_HEADER}\
  severity: urgent
  status: live
  when:
    message: incident
    all:
      - definition: serious
  if_missing: match
  then:
    - classify: serious_violence
    - refer: mash
    - notify: [safeguarding_duty, community_safety]
      template: urgent_response
      by: [sms, email]
  once_per: [case_ref]

- rule: contact_clocks
  title: Contact within 48 hours
{_HEADER}\
  severity: routine
  status: live
  when:
    message: case
    all:
      - field: case.labels
        has_any: [urgent_response, serious_violence]
    none:
      - field: case.deceased
        equals: yes
  if_missing: no_match
  then:
    - start_clock: contact_48h
  once_per: [case_ref]

- rule: missed_contact
  title: Contact missed, list for the panel
{_HEADER}\
  severity: routine
  status: live
  when:
    message: clock
    all:
      - field: clock.id
        equals: contact_48h
      - field: clock.state
        in: [breached, met_late]
  if_missing: no_match
  then:
    - classify: panel
    - start_clock: panel_listing
    - notify: duty_manager
      template: routine_note
      by: [email]
  once_per: [case_ref]

- rule: death
  title: The young person has died
{_HEADER}\
  severity: high
  status: live
  when:
    message: case
    all:
      - field: case.deceased
        equals: yes
  if_missing: no_match
  then:
    - notify: duty_manager
      template: deceased_note
      by: [email]
  once_per: [case_ref]

- rule: tension
  title: Three incidents in a ward within a week
{_HEADER}\
  severity: high
  status: live
  when:
    message: incident
    all:
      - definition: serious
      - count:
          messages: incident
          where: [{{definition: serious}}]
          same: incident.ward
          different: incident.ref
          within: 7 days
          at_least: 3
  if_missing: no_match
  then:
    - request: community_impact_assessment
      from: community_safety
      due: 24 hours
      done_when: community_impact_assessed
    - notify: community_safety
      template: community_tension
      by: [email]
  once_per: [incident.ward]
  again_after: 7 days

- rule: associate
  title: Associate of an open case
{_HEADER}\
  severity: high
  status: live
  when:
    message: incident
    all:
      - another:
          case: open
          where:
            - field: person.associates
              includes_this: person.ref
  if_missing: no_match
  then:
    - notify: exploitation_lead
      template: associate_note
      by: [email]
  once_per: [case_ref]

- rule: known_offender
  title: Labelled case whose person was in an earlier serious incident
{_HEADER}\
  severity: high
  status: live
  when:
    message: incident
    all:
      - field: case.labels
        has_any: [urgent_response]
      - another:
          message: incident
          where:
            - definition: serious
            - field: person.ref
              same_as_this: person.ref
          within: 90 days
  if_missing: no_match
  then:
    - classify: repeat
    - notify: exploitation_lead
      template: associate_note
      by: [email]
  once_per: [case_ref]

- rule: which_ward
  title: Ask for the ward of an exploitation case
{_HEADER}\
  severity: routine
  status: live
  when:
    message: incident
    all:
      - field: incident.offence
        has_any: [pwits]
      - field: incident.ward
        equals: Lea Bridge
  if_missing: ask
  then:
    - notify: duty_manager
      template: routine_note
      by: [email]
  once_per: [record.ref]
"""


def load(*more: str) -> RuleBook:
    """Load the small book with further blocks, which must be free of errors."""
    texts = {"people.yaml": PEOPLE, "ladders.yaml": LADDERS, "clocks.yaml": CLOCKS, "rules.yaml": RULES}
    texts |= {f"more{number}.yaml": text for number, text in enumerate(more)}
    loaded = load_text(texts)
    assert loaded.book is not None, "\n".join(str(problem) for problem in loaded.problems)
    return loaded.book


@cache
def small_book() -> RuleBook:
    """The small book, loaded once."""
    return load()


@cache
def small_plan() -> Plan:
    """Its plan."""
    return plan(small_book())

"""`borvo support`: runs on the server itself, so whoever can read its settings may use it."""

import argparse

from borvo.cli.instance import run_on_instance
from borvo.support import public as team


def change_role(options: argparse.Namespace) -> None:
    act = team.add_role if options.is_granted else team.remove_role
    run_on_instance(lambda platform: act(platform.accounts, options.email, options.role, options.reason))


def create_tenancy(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.create_tenancy(platform.portal, options.owner, options.prefix))


def list_tenancies(_: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.list_tenancies(platform.portal))


def suspend_tenancy(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.suspend_tenancy(platform.portal, options.tenancy))


def resume_tenancy(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.resume_tenancy(platform.portal, options.tenancy))


def set_prefix(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.set_prefix(platform.portal, options.tenancy, options.prefix))


def add_member(options: argparse.Namespace) -> None:
    run_on_instance(
        lambda platform: team.add_member(platform.portal, options.tenancy, options.email, options.role)
    )


def remove_member(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.remove_member(platform.portal, options.tenancy, options.email))


def create_initial_token(options: argparse.Namespace) -> None:
    run_on_instance(
        lambda platform: team.create_initial_token(
            platform.portal, options.tenancy, options.label, options.days, options.clients
        )
    )


def list_initial_tokens(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.list_initial_tokens(platform.portal, options.tenancy))


def revoke_initial_token(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.revoke_initial_token(platform.portal, options.tenancy, options.id))


def list_outbox(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.list_outbox(platform.outbox, is_dead=options.dead))


def retry_message(options: argparse.Namespace) -> None:
    run_on_instance(lambda platform: team.retry_message(platform.outbox, options.id))


def list_events(options: argparse.Namespace) -> None:
    if options.client:
        run_on_instance(lambda platform: team.list_events_of_client(platform.accounts, options.client))
    else:
        run_on_instance(lambda platform: team.list_events_of_person(platform.accounts, options.person))

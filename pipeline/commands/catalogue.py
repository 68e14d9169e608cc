"""Every subcommand of ``phase6``. One is added by adding its record here, and its options beside its code."""

from __future__ import annotations

from pipeline.commands.command import Command

_PLACES = "--warehouse=PATH --output=PATH"
_PLACES_OF_DEMO = "--warehouse=data --output=out"
_BIG = "--warehouse=bigquery:my-project --output=gs://my-bucket/v1"
_TONIGHT = ("Tonight, from Parquet files to a folder:", "--export_types=tonight-all --target_date=today")

EXPORT = Command(
    name="export",
    summary="Export a night, a range of dates, or the profiles of players.",
    options="pipeline.options.option_table:EXPORT_OPTIONS",
    run="pipeline.commands.jobs:export",
    usage=f"{_PLACES} --export_types=LIST --target_date=DATE [option ...]",
    about="Turns the tables of one night, or of a whole season in one pass, into the documents of the public API. "
    "Exit codes: 0 everything is published, 1 something is missing and named, 2 the request was rejected.",
    examples=(
        ("Tonight, from Parquet files to a folder:", f"--warehouse=data --output=out {_TONIGHT[1]}"),
        (
            "A season, leaving latest.json and the like alone:",
            f"{_BIG} --export_types=all --start_date=2025-10-21 --end_date=yesterday --update_latest=never",
        ),
        (
            "The request of a message:",
            '--warehouse=data --output=out --request=\'{"export_types": ["tonight"], "target_date": "2026-02-12"}\'',
        ),
    ),
    is_job=True,
)
STREAM = Command(
    name="stream",
    summary="Answer the requests of a Pub/Sub subscription as they come.",
    options="pipeline.options.option_table:STREAMING_OPTIONS",
    run="pipeline.commands.jobs:stream",
    usage=f"{_PLACES} --input_subscription=... --dead_letter_topic=... [option ...]",
    about="Runs until it is ended (Ctrl-C), or is submitted to a service that goes on by itself. Messages say what to "
    "export; games in play and their results are kept current.",
    examples=(
        (
            "Answer messages as they arrive:",
            f"{_BIG} --input_subscription=projects/my-project/subscriptions/phase6-export-requests "
            "--dead_letter_topic=projects/my-project/topics/phase6-export-dead-letters",
        ),
    ),
    is_job=True,
)
MAIN = Command(
    name="main",
    summary="The options of phase6 export and, with --input_subscription, of phase6 stream.",
    options="pipeline.options.option_table:OPTIONS",
    run="pipeline.execution.run:main",
    usage=f"{_PLACES} --export_types=LIST --target_date=DATE [option ...]",
    about=EXPORT.about,
    examples=(*EXPORT.examples, *STREAM.examples),
    is_job=True,
)
"""``python -m pipeline.main``, which is no subcommand."""

COMMANDS = (
    EXPORT,
    Command(
        name="backfill",
        summary="Export the game dates of a range that are not complete.",
        options="pipeline.operations.command_options:BACKFILL_OPTIONS",
        run="pipeline.operations.backfill:main",
        usage=f"{_PLACES} --start_date=DATE --end_date=DATE [option ...]",
        about="Dates without games are skipped. A date whose manifest lists everything as published, by the "
        "same code and from the same inputs, is skipped too, unless --again is given; so a backfill that was cut "
        "off is continued by running it again. It moves no pointer, and is one pass over the tables per season.",
        examples=(
            (
                "A season, and what is left of it after an interruption:",
                "--warehouse=data --output=out --start_date=2025-10-21 --end_date=2026-02-11",
            ),
            (
                "Its plan, without running it:",
                "--warehouse=data --output=out --start_date=2025-10-21 --end_date=yesterday --dry_run",
            ),
        ),
        is_job=True,
    ),
    STREAM,
    Command(
        name="doctor",
        summary="Check warehouse, output and date, and say what an export would lack.",
        options="pipeline.operations.command_options:DOCTOR_OPTIONS",
        run="pipeline.operations.doctor:main",
        usage=f"{_PLACES} [option ...]",
        about="Checks tables, columns, types, partition filters, places, permissions, the champion's forecasts, the "
        "schedule and the spelling of players, lists what is optional and absent, and ends with a verdict. It writes "
        "nothing. Exit codes: 0 an export would publish everything, 1 something would be missing, 2 the request was "
        "rejected, or an export would reject its champion.",
        examples=(
            ("Today, all export types:", _BIG),
            ("One date, for programs:", f"{_PLACES_OF_DEMO} --target_date=2026-02-11 --json"),
        ),
    ),
    Command(
        name="verify",
        summary="Verify a published tree by its bytes.",
        options="pipeline.operations.command_options:VERIFY_OPTIONS",
        run="pipeline.operations.verify:main",
        usage="--output=PATH --target_date=DATE|--all [option ...]",
        about="Documents are read, hashed, held against their schema, their manifest and one another; pointers must "
        "equal the document that they mirror; nothing else may be there. Exit codes: 0 nothing is wrong, "
        "1 something is, 2 the request was rejected.",
        examples=(
            ("One night:", "--output=out --target_date=2026-02-11"),
            ("A month:", "--output=gs://my-bucket/v1 --start_date=2026-01-01 --end_date=2026-01-31"),
            (
                "Tonight, and whether every schedule has run:",
                "--output=out --target_date=today --schedules=deploy/schedules.yaml",
            ),
            (
                "Today, with a message for each incident:",
                "--output=gs://my-bucket/v1 --target_date=today "
                "--alert_webhook=secret:projects/my-project/secrets/phase6-alerts/versions/latest",
            ),
            ("Every date, every document:", "--output=out --warehouse=.demo/warehouse --all --deep"),
        ),
    ),
    Command(
        name="diff",
        summary="Compare two published trees, two runs of a date, or an export with what is published.",
        options="pipeline.operations.command_options:DIFF_OPTIONS",
        run="pipeline.operations.diff:main",
        usage="BEFORE AFTER|--run_before=RUN|--dry_export [option ...]",
        about="By export type and date: documents that only one tree has, players lost and gained, picks dropped, "
        "added and flipped, lines that moved, forecasts and by how much they changed, and where documents differ "
        "otherwise. Losses are counted by the functions of the guard: they would keep a run from publishing the date, "
        "as long as no table explains them. A document that is missing, or cannot be read, counts as one without "
        "picks. The time of a run, and status.json, are left out. Exit codes: 0 nothing differs, or no more than "
        "--fail_on allows, 1 more does, or an export would lack something, 2 the request was rejected.",
        examples=(
            (
                "What changed between two runs of a date:",
                "out --target_date=2026-02-11 --run_before=20260211T180411.000000Z-1f6c02aa "
                "--run_after=20260211T190102.000000Z-7c0a91d3",
            ),
            (
                "What an export would change, without publishing it:",
                "--dry_export --warehouse=data --output=out --export_types=tonight-all --target_date=2026-02-11",
            ),
            ("What another code version publishes for a night:", "out out-new --target_date=2026-02-11"),
            (
                "Whether a staging bucket may be promoted, as a comment of a pull request:",
                "gs://my-bucket/v1 gs://my-bucket-staging/v1 "
                "--fail_on=documents_missing,players_lost:20%,prediction_change:2.5 --markdown",
            ),
        ),
    ),
    Command(
        name="status",
        summary="Show what is published by date and export type, as a table or as the status page.",
        options="pipeline.operations.status_options:STATUS_OPTIONS",
        run="pipeline.operations.status:main",
        about="Every run merges what it did into status/data.json, beside the page that shows it, status/index.html. A "
        "browser loads no data into a page from a file, so that --serve offers a folder's page on this machine, and to "
        "nobody else. Exit codes: 0 it was shown, 1 there is nothing to show, 2 the request was rejected.",
        examples=(
            ("The newest dates, and what is wrong with them:", "--output=gs://my-bucket/v1"),
            ("The page of a folder, on a free port:", "--output=out --serve"),
        ),
    ),
    Command(
        name="maintenance",
        summary="Announce maintenance to the readers of status.json, list what is announced, or withdraw it.",
        options="pipeline.operations.command_options:MAINTENANCE_OPTIONS",
        run="pipeline.operations.maintenance:main",
        usage="--output=PATH [--start=INSTANT --end=INSTANT --message=TEXT] [--clear] [option ...]",
        about="A window stands in maintenance_windows of status.json until it ends: every run, and the streaming job, "
        "take it over. It changes no state and stops no run. Without a window, what is announced is listed. Exit "
        "codes: 0 done, 1 the status cannot be read or written, 2 the request was rejected.",
        examples=(
            (
                "Two hours tomorrow morning:",
                "--output=gs://my-bucket/v1 --start=2026-02-12T08:00:00Z --end=2026-02-12T10:00:00Z "
                "--message='Predictions are updated late.'",
            ),
            ("What is announced:", "--output=gs://my-bucket/v1"),
            ("Over earlier than announced:", "--output=gs://my-bucket/v1 --clear"),
        ),
    ),
    Command(
        name="explain",
        summary="Say which rows of which tables a published value was made of.",
        options="pipeline.provenance.command_options:EXPLAIN_OPTIONS",
        run="pipeline.provenance.explain:main",
        usage="PATH [FIELD] --output=PATH --warehouse=PATH [option ...]",
        about="The document is built again from the tables as of its run, where the warehouse can tell them, and "
        "compared with the published bytes. Then rows are taken away, and columns changed: those that change the value "
        "are listed, with the function that builds it and what its schema says. It writes nothing. Exit codes: 0 the "
        "bytes are the same, 1 they are not or something cannot be read, 2 the request was rejected.",
        examples=(
            (
                "A forecast:",
                'predictions/2026-02-11.json "games.0.predictions[player_lookup=lebronjames].prediction.points" '
                f"{_PLACES_OF_DEMO}",
            ),
            (
                "A document that a bucket shows now, for programs:",
                f"tonight/all-players.json /games/0/game_time {_BIG} --json",
            ),
        ),
    ),
    Command(
        name="rollback",
        summary="Bring back what a run had published for a date.",
        options="pipeline.operations.rollback_options:ROLLBACK_OPTIONS",
        run="pipeline.operations.rollback:main",
        usage="--output=PATH --date=DATE [--to=RUN] [option ...]",
        about="A rollback is published as any run is: under the lease of the date, documents first, then pointers, "
        "then the manifest, which records who brought back what. An older run does not replace it, a newer one does. "
        "A document that was replaced is kept for --history_days of the run that replaced it. Exit codes: 0 it is as "
        "the run had published it, 1 something failed, 2 the request was rejected, or a document is not kept any more.",
        examples=(
            ("The runs of a date:", "--output=out --date=2026-02-11 --list"),
            (
                "What would change:",
                "--output=out --date=2026-02-11 --to=20260211T180411.000000Z-1f6c02aa --dry_run",
            ),
            (
                "In a bucket:",
                "--output=gs://my-bucket/v1 --date=yesterday --to=20260211T180411.000000Z-1f6c02aa --by=ana",
            ),
        ),
    ),
    Command(
        name="promote",
        summary="Publish a date by another model, privately, and compare it with the champion's.",
        options="pipeline.operations.promote_options:PROMOTE_OPTIONS",
        run="pipeline.operations.promote:main",
        usage=f"--system_id=ID {_PLACES} --export_types=LIST --target_date=DATE [option ...]",
        about="The documents go to shadow/ID/documents of the control output, with pointers and manifests of their "
        "own: nothing public shows them. They are verified there, and compared with what is published for the same "
        "dates. All options of phase6 export are taken, but for the champion. Exit codes: 0 the model published "
        "everything, and no more differs than --fail_on allows, 1 it did not, or more does, 2 the request was "
        "rejected.",
        examples=(
            (
                "What a night would look like by another model:",
                f"--system_id=ensemble_v1 {_PLACES_OF_DEMO} --export_types=tonight-all --target_date=2026-02-11",
            ),
        ),
    ),
    Command(
        name="impact",
        summary="Say which documents change when rows of a table change.",
        options="pipeline.provenance.command_options:IMPACT_OPTIONS",
        run="pipeline.provenance.impact:main",
        usage="TABLE [--where=CONDITION] [--set=VALUES] [--exact --warehouse=PATH --target_date=DATE] [option ...]",
        about="By the declarations of the export types, at once and without a read: which types read the table, of "
        "which dates, and which columns. With --exact by two exports in memory, which are compared as phase6 diff "
        "does. It writes nothing. Exit codes: 0 answered, 1 a table cannot be read, 2 the request was rejected.",
        examples=(
            ("Who reads the injury report of a date:", "nbac_injury_report --where=\"report_date = '2026-02-11'\""),
            (
                "What one forecast more or less changes:",
                "player_prop_predictions --where=\"game_date = '2026-02-11' and player_lookup = 'lebronjames'\" "
                "--exact --warehouse=.demo/warehouse --target_date=2026-02-11",
            ),
        ),
    ),
    Command(
        name="launch",
        summary="Start the Flex Template on Dataflow, and with --wait report its outcome.",
        options="pipeline.deployment.command_options:LAUNCH_OPTIONS",
        run="pipeline.deployment.launch:main",
        usage="--export_types=LIST --target_date=DATE [option ...]",
        about="The request is validated by the same parser as in the job, and sent with resolved dates. "
        "Exit codes: 0 the job was started (with --wait: everything is published), 1 something is missing, 2 the "
        "request was rejected.",
        examples=(
            ("Tonight, until it is published:", f"{_TONIGHT[1]} --wait"),
            ("What would be sent:", f"{_TONIGHT[1]} --print"),
        ),
        is_job=True,
    ),
    Command(
        name="schedules check",
        summary="Check the schedule file, and compare it with the live jobs.",
        options="pipeline.deployment.command_options:CHECK_OPTIONS",
        run="pipeline.deployment.schedules:check",
        about="A dump holds the jobs of every region, because a job in another region runs too:\n\n"
        "for region in $(gcloud scheduler locations list --format='value(locationId)'); do\n"
        '  gcloud scheduler jobs list --location="$region" --format=json\n'
        "done > dump.json\n\n"
        "Exit codes: 0 all is well, 1 something differs, 2 a file cannot be read.",
        examples=(
            ("Check the messages, and that every export type is covered:", ""),
            ("Compare them with the live jobs of every region:", "--live=dump.json"),
        ),
    ),
    Command(
        name="schedules render",
        summary="Print the commands that create or update the scheduled jobs.",
        options="pipeline.deployment.command_options:RENDER_OPTIONS",
        run="pipeline.deployment.schedules:render",
        about="Prints a shell script of gcloud commands. Run again, it changes nothing.",
        examples=(
            ("Create or update them:", "| bash"),
            ("Start batch jobs while no streaming job runs:", "--door=job | bash"),
            ("Show the jobs:", "--json"),
        ),
    ),
    Command(
        name="schedules costs",
        summary="Print what each schedule costs a day, as batch jobs and as requests to the streaming job.",
        options="pipeline.deployment.command_options:COST_OPTIONS",
        run="pipeline.deployment.schedules:show_costs",
        about="By list prices, for one machine and 7 minutes a batch job and 3 s a request. The streaming job runs all "
        "day: its price is printed apart.",
        examples=(("All of them:", ""), ("For programs:", "--json")),
    ),
    Command(
        name="drift",
        summary="Compare the code versions of checkout, template, jobs and published documents.",
        options="pipeline.deployment.command_options:DRIFT_OPTIONS",
        run="pipeline.deployment.drift:main",
        about="An image carries its commit and the digest of its locked dependencies; the template that starts it, "
        "every job and every manifest repeat them. Lists of jobs omit labels, so a dump holds one job:\n\n"
        "gcloud dataflow jobs describe JOB_ID --region=REGION --full --format=json > job.json\n\n"
        "Exit codes: 0 all of them are the same code, 1 they are not, 2 one cannot be read.",
        examples=(
            ("The batch template:", ""),
            ("The streaming template, and a running job:", "--streaming --job=job.json"),
        ),
    ),
    Command(
        name="docs",
        summary="Write docs/api and the JSON Schema of a request.",
        options="pipeline.reference.command_options:DOCS_OPTIONS",
        run="pipeline.reference.docs:main",
        about="They are made from the declarations of export types and requests; a test fails when a file is stale.",
        examples=(("Bring them up to date:", ""),),
    ),
    Command(
        name="metadata",
        summary="Write the metadata of the Flex Templates.",
        options="pipeline.deployment.command_options:METADATA_OPTIONS",
        run="pipeline.deployment.template_metadata:main",
        about="It is made from the options of phase6 export and phase6 stream; a test fails when a file is stale.",
        examples=(("Bring it up to date:", ""),),
    ),
    Command(
        name="stamp",
        summary="Write the code version into an image.",
        options="pipeline.deployment.command_options:STAMP_OPTIONS",
        run="pipeline.deployment.stamp:main",
        usage="--commit=COMMIT --image=IMAGE [option ...]",
        about="Run while an image is built, before the package is installed: python -m pipeline.deployment.stamp takes "
        "the same options.",
        examples=(
            (
                "In a Dockerfile:",
                "--commit=41f8e42d1c3a --image=us-west2-docker.pkg.dev/my-project/phase6/export:41f8e42d1c3a",
            ),
        ),
    ),
)
"""In the order of the help text."""

GROUPS = {"schedules": "Print and check the scheduled exports."}
"""First words of commands of two words, with their help."""
